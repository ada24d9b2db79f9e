//! Random programs, run on a primitive and on its reference.

use proptest::{collection::vec, prelude::*};

use super::program::{Step, run};

proptest! {
    #[test]
    fn each_step_matches_reference(
        flag: bool,
        steps in vec(any::<[u8; 2]>().prop_map(Step::from), 64..128),
    ) {
        run(flag, steps);
    }
}
