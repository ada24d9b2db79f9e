//! Random programs, run on a semaphore and on the reference.

use proptest::{collection::vec, prelude::*};

use super::program::{Step, run};

proptest! {
    #[test]
    fn each_step_matches_reference(
        permits in 0_usize..6,
        steps in vec(any::<[u8; 3]>().prop_map(Step::from), 64..128),
    ) {
        run(permits, steps);
    }
}
