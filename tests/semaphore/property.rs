//! Random programs, step by step beside the reference.

use proptest::{collection::vec, prelude::*};

use super::program::{Step, run};

proptest! {
    #[test]
    fn every_step_does_what_the_reference_does(
        permits in 0_usize..6,
        steps in vec(any::<[u8; 3]>().prop_map(Step::from), 64..128),
    ) {
        run(permits, steps);
    }
}
