//! Models of the gate in `guide::own_primitive`. They check the code that the guide prints.
#![allow(clippy::new_without_default, unreachable_pub)]

use std::sync::Arc;

use loom::{
    future::block_on,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

include!("../src/guide/own_primitive/gate.rs");

/// The planted bug: the gate may be closed and found empty between the two steps.
impl Gate {
    fn enter_after_check(&self) -> Option<LeaveOnDrop<'_>> {
        let is_open = self.queue.value() & CLOSED == 0;
        is_open.then(|| {
            self.queue.update(|value| value + TASK);
            LeaveOnDrop(self)
        })
    }
}

struct LeaveOnDrop<'a>(&'a Gate);

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        self.0.queue.release(Request::Enter);
    }
}

/// A thread enters while another one closes the gate.
macro_rules! model {
    ($enter:ident) => {
        loom::model(|| {
            let gate = Arc::new(Gate::new());
            let inside = Arc::new(AtomicUsize::new(0));
            let (other, counted) = (gate.clone(), inside.clone());
            let request = thread::spawn(move || {
                if let Some(entered) = other.$enter() {
                    counted.fetch_add(1, Relaxed);
                    counted.fetch_sub(1, Relaxed);
                    drop(entered);
                }
            });
            block_on(gate.close());
            assert_eq!(inside.load(Relaxed), 0, "a task is inside a closed gate");
            assert!(gate.enter().is_none());
            request.join().unwrap();
        });
    };
}

#[test]
fn entering_races_close() {
    model!(enter);
}

#[test]
#[should_panic(expected = "a task is inside a closed gate")]
fn planted_bug_lets_task_enter_closed_gate() {
    model!(enter_after_check);
}
