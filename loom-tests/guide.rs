//! Models of small types on top of each primitive. They check the code that `guide::loom` prints.
//!
//! Each model takes a method of its type. loom must find the bug in each faulty version of it.

/// The models of the guide call `loom::model`, which bounds the preemptions here.
mod loom {
    pub(super) use ::loom::{future, sync, thread};

    pub(super) use crate::bounded::bounded_model as model;
}

mod semaphore {
    use super::loom::{self, future::block_on};

    include!("../src/guide/loom/semaphore.rs");

    #[test]
    fn users_of_pool_race() {
        model(|pool| block_on(pool.with_buffer(|uses| *uses += 1)));
    }

    #[test]
    #[should_panic(expected = "a permit is a free buffer")]
    fn permit_released_before_buffer() {
        model(|pool| {
            let permit = block_on(pool.free.acquire());
            let buffer = pool.buffers.lock().unwrap().pop().expect("a permit is a free buffer");
            drop(permit);
            pool.buffers.lock().unwrap().push(buffer + 1);
        });
    }
}

mod closable_semaphore {
    use super::loom;

    include!("../src/guide/loom/closable_semaphore.rs");

    #[test]
    fn request_races_shutdown() {
        model(|service| {
            let _ = block_on(service.handle());
        });
    }

    #[test]
    #[should_panic(expected = "a request outlives the shutdown")]
    fn request_without_permit_races_shutdown() {
        model(|service| {
            if let Ok(permit) = block_on(service.requests.acquire()) {
                drop(permit);
                service.in_flight.fetch_add(1, Relaxed);
                service.in_flight.fetch_sub(1, Relaxed);
            }
        });
    }
}

mod notify {
    use super::loom;

    include!("../src/guide/loom/notify.rs");

    #[test]
    fn push_races_pop() {
        model(Jobs::push);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn notification_before_push_races_pop() {
        model(|jobs, job| {
            jobs.pushed.notify_one();
            jobs.queue.lock().unwrap().push(job);
        });
    }
}

mod event {
    use super::loom;

    include!("../src/guide/loom/event.rs");

    #[test]
    fn announcement_races_wait() {
        model(Port::announce);
    }

    #[test]
    #[should_panic(expected = "the port is not known yet")]
    fn event_set_before_data_races_wait() {
        model(|port, number| {
            port.is_known.set();
            port.number.store(number, Relaxed);
        });
    }
}

mod mutex {
    use super::loom;

    include!("../src/guide/loom/mutex.rs");

    #[test]
    fn withdrawal_races_withdrawal() {
        model(|account, amount| block_on(account.withdraw(amount)));
    }

    #[test]
    #[should_panic(expected = "the account is overdrawn")]
    fn withdrawal_after_unlock_races_withdrawal() {
        model(|account, amount| {
            let is_covered = *block_on(account.balance.lock()) >= amount;
            if is_covered {
                *block_on(account.balance.lock()) -= amount;
            }
            is_covered
        });
    }
}

mod rwlock {
    use super::loom::{self, future::block_on};

    include!("../src/guide/loom/rwlock.rs");

    #[test]
    fn new_name_races_new_name() {
        model(|names, name| block_on(names.number(name)));
    }

    #[test]
    #[should_panic(expected = "a name has one number")]
    fn unchecked_insert_races_new_name() {
        model(|names, name| {
            let position = block_on(names.names.read()).iter().position(|other| *other == name);
            position.unwrap_or_else(|| {
                let mut names = block_on(names.names.write());
                names.push(name);
                names.len() - 1
            })
        });
    }
}

mod once_cell {
    use super::loom::{self, future::block_on};

    include!("../src/guide/loom/once_cell.rs");

    #[test]
    fn connection_races_connection() {
        model(|client| block_on(client.connection()));
    }

    #[test]
    #[should_panic(expected = "the client has connected once")]
    fn check_and_set_races_connection() {
        model(|client| {
            if client.connection.get().is_none() {
                let _ = client.connection.set(block_on(client.connect()));
            }
            *block_on(client.connection.wait())
        });
    }
}

// At the exhaustive level, its models take ten times as long as all the others.
#[cfg(not(compio_sync_exhaustive))]
mod condvar {
    use super::loom::{self, future::block_on};

    include!("../src/guide/loom/condvar.rs");

    #[test]
    fn take_of_token_races_put() {
        model(|slot| {
            let token = block_on(slot.take());
            block_on(slot.put(token + 1));
        });
    }

    #[test]
    #[should_panic(expected = "the slot is filled")]
    fn unlock_between_wait_and_take() {
        model(|slot| {
            let token = block_on(slot.token.lock());
            drop(block_on(slot.filled.wait_while(token, |token| token.is_none())));
            let token = block_on(slot.token.lock()).take().expect("the slot is filled");
            block_on(slot.put(token + 1));
        });
    }
}

mod barrier {
    use super::loom::{self, future::block_on};

    include!("../src/guide/loom/barrier.rs");

    #[test]
    fn swap_races_swap() {
        model(|exchange, worker, result| block_on(exchange.swap(worker, result)));
    }

    #[test]
    #[should_panic(expected = "the other result is written")]
    fn result_after_barrier_races_swap() {
        model(|exchange, worker, result| {
            block_on(exchange.all_written.wait());
            exchange.results[worker].store(result, Relaxed);
            exchange.results[1 - worker].load(Relaxed)
        });
    }
}
