//! Random programs, run on a barrier and on its reference.

use proptest::{collection::vec, prelude::*};

use super::program::{Step, run};

proptest! {
    #[test]
    fn each_step_matches_reference(
        tasks in prop_oneof![0_usize..8, 30_usize..70],
        steps in vec(any::<[u8; 2]>().prop_map(Step::from), 64..256),
    ) {
        run(tasks, steps);
    }
}
