//! Random programs, run on wait queues with random policies and on their reference.

use proptest::{array::uniform, collection::vec, prelude::*};

use super::{
    random_policy::Table,
    wait_queue_program::{Step, run},
};

proptest! {
    #[test]
    fn each_step_matches_reference(
        may_refuse: bool,
        stores: bool,
        table in uniform(any::<u8>()).prop_map(Table),
        steps in vec(any::<[u8; 2]>().prop_map(Step::from), 48..96),
    ) {
        run(may_refuse, stores, table, &steps);
    }
}
