//! Random programs, run on a condition variable with two mutexes and on their reference.

use proptest::{collection::vec, prelude::*};

use super::program::{Step, run};

proptest! {
    #[test]
    fn each_step_matches_reference(
        steps in vec(any::<[u8; 2]>().prop_map(Step::from), 64..128),
    ) {
        run(steps);
    }
}
