//! Auto traits and sizes of the public wait queue, its waits and its grants.

use std::{
    cell::Cell,
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::Arc,
};

use compio_sync::{
    generic::{self, Flavour, Shared, SingleThread},
    unsync,
    wait_queue::{Arrival, Completion, Grant, Policy, Queued, RequestOf, Verdict, Wait, WaitQueue},
};
use static_assertions::{assert_impl_all, assert_not_impl_any, assert_type_eq_all};

/// A policy that is neither `Send`, `Sync` nor unwind safe. No value of it exists.
struct Foreign(PhantomData<(*const (), Rc<Cell<u32>>, &'static mut u32)>);

/// A policy with a request of any size.
struct Asks<R>(PhantomData<R>);

/// Implements a policy that grants each request.
macro_rules! grants_all {
    ($(($($parameters:tt)*) $policy:ty: $request:ty,)*) => {$(
        impl $($parameters)* Policy for $policy {
            type Request = $request;
            const MAY_REFUSE: bool = false;

            fn decide(value: isize, _: $request) -> Verdict {
                Verdict::Grant(value)
            }

            fn release(value: isize, _: $request) -> isize {
                value
            }
        }
    )*};
}
grants_all! {
    () Foreign: (),
    (<R: Copy + Send + Sync>) Asks<R>: R,
}

/// A user's primitive, with data beside the queue.
struct With<T, F: Flavour = Shared> {
    queue: generic::WaitQueue<Asks<()>, F>,
    _data: PhantomData<T>,
}

impl<T, F: Flavour> Queued for With<T, F> {
    type Policy = Asks<()>;
    type Flavour = F;

    fn queue(&self) -> &generic::WaitQueue<Asks<()>, F> {
        &self.queue
    }
}

/// `Send`, and not `Sync`.
type OnlySend = With<Cell<u32>>;
/// `Sync`, and not `Send`.
type OnlySync = With<std::sync::MutexGuard<'static, u32>>;
type Neither = With<Rc<u32>>;
type SendSync = With<u32>;

assert_impl_all!(SendSync: Send, Sync);
assert_impl_all!(OnlySend: Send);
assert_not_impl_any!(OnlySend: Sync);
assert_impl_all!(OnlySync: Sync);
assert_not_impl_any!(OnlySync: Send);
assert_not_impl_any!(Neither: Send, Sync);

// A policy has no values, so its own traits do not matter. Its requests are `Send` and `Sync`.
assert_impl_all!(WaitQueue<Foreign>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(WaitQueue<Foreign>: Clone);
assert_impl_all!(Wait<&'static WaitQueue<Foreign>>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(Wait<&'static WaitQueue<Foreign>>: Unpin, Clone);
assert_impl_all!(Grant<&'static WaitQueue<Foreign>>: Send, Sync, Unpin);
assert_impl_all!(Grant<&'static WaitQueue<Foreign>>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(Grant<&'static WaitQueue<Foreign>>: Clone);
assert_impl_all!(Wait<Arc<WaitQueue<Foreign>>>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Grant<Arc<WaitQueue<Foreign>>>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Completion<Grant<&'static WaitQueue<Foreign>>>: Send, Sync, Unpin);

// Both other threads and the owner use the primitive through a reference.
assert_impl_all!(Wait<Arc<SendSync>>: Send, Sync);
assert_not_impl_any!(Wait<Arc<OnlySend>>: Send, Sync);
assert_not_impl_any!(Wait<Arc<OnlySync>>: Send, Sync);
assert_not_impl_any!(Wait<Arc<Neither>>: Send, Sync);
assert_not_impl_any!(Wait<Rc<SendSync>>: Send, Sync);
assert_impl_all!(Wait<&'static SendSync>: Send, Sync);
assert_impl_all!(Wait<&'static OnlySync>: Send, Sync);
assert_not_impl_any!(Wait<&'static OnlySend>: Send, Sync);
assert_not_impl_any!(Wait<&'static Neither>: Send, Sync);
assert_impl_all!(Grant<Arc<SendSync>>: Send, Sync);
assert_not_impl_any!(Grant<Arc<OnlySend>>: Send, Sync);
assert_not_impl_any!(Grant<Arc<OnlySync>>: Send, Sync);
assert_not_impl_any!(Grant<Rc<SendSync>>: Send, Sync);
assert_impl_all!(Grant<&'static OnlySync>: Send, Sync);
assert_not_impl_any!(Grant<&'static OnlySend>: Send, Sync);

// Nothing of the single-thread flavour leaves its thread.
assert_impl_all!(unsync::WaitQueue<Foreign>: Unpin, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(unsync::WaitQueue<Foreign>: Send, Sync, Clone);
assert_not_impl_any!(Wait<&'static unsync::WaitQueue<Foreign>>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(Wait<Rc<unsync::WaitQueue<Foreign>>>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(Wait<Arc<unsync::WaitQueue<Foreign>>>: Send, Sync);
assert_not_impl_any!(Wait<Arc<With<u32, SingleThread>>>: Send, Sync);
assert_not_impl_any!(Grant<&'static unsync::WaitQueue<Foreign>>: Send, Sync, Clone);
assert_not_impl_any!(Grant<Rc<unsync::WaitQueue<Foreign>>>: Send, Sync, Clone);
assert_not_impl_any!(Grant<Arc<unsync::WaitQueue<Foreign>>>: Send, Sync);
assert_impl_all!(Wait<&'static unsync::WaitQueue<Foreign>>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(Grant<&'static unsync::WaitQueue<Foreign>>: Unpin, UnwindSafe, RefUnwindSafe);

assert_impl_all!(Verdict: Copy, Eq, Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Arrival<()>: Copy, Eq, Send, Sync);
assert_impl_all!(Completion: Copy, Eq, Send, Sync);
assert_not_impl_any!(Arrival<Rc<()>>: Send, Sync);

assert_type_eq_all!(WaitQueue<Foreign>, generic::WaitQueue<Foreign, Shared>);
assert_type_eq_all!(unsync::WaitQueue<Foreign>, generic::WaitQueue<Foreign, SingleThread>);
assert_type_eq_all!(RequestOf<&'static WaitQueue<Asks<u8>>>, u8);
assert_type_eq_all!(RequestOf<Arc<SendSync>>, ());

/// Asserts the traits that the types have for every flavour. It only needs to compile.
fn _types_of_any_flavour_are_unwind_safe<P: Policy, F: Flavour>() {
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_unwind_safe::<generic::WaitQueue<P, F>>();
    is_unwind_safe::<Wait<&generic::WaitQueue<P, F>>>();
    is_unwind_safe::<Grant<&generic::WaitQueue<P, F>>>();
}

fn assert_sizes<F: Flavour>() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<generic::WaitQueue<Asks<()>, F>>(), 3 * word);
    assert_eq!(size_of::<generic::WaitQueue<Asks<[usize; 9]>, F>>(), 3 * word);
    assert_eq!(size_of::<Wait<&generic::WaitQueue<Asks<()>, F>>>(), 7 * word);
    assert_eq!(size_of::<Wait<&generic::WaitQueue<Asks<usize>, F>>>(), 8 * word);
    assert_eq!(size_of::<Wait<Arc<With<(), F>>>>(), 7 * word);
    assert_eq!(size_of::<Wait<Rc<With<(), F>>>>(), 7 * word);
    assert_eq!(size_of::<Grant<&generic::WaitQueue<Asks<()>, F>>>(), word);
    assert_eq!(size_of::<Grant<&generic::WaitQueue<Asks<usize>, F>>>(), 2 * word);
    assert_eq!(size_of::<Completion<Grant<Arc<With<(), F>>>>>(), word);
}

#[test]
fn types_have_documented_sizes() {
    assert_sizes::<Shared>();
    assert_sizes::<SingleThread>();
}
