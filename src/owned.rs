//! Methods that take a counted reference.

/// Writes methods once for `self: Arc<Self>` of the shared flavour and for `self: Rc<Self>` of the
/// single-thread flavour, which generics cannot express.
///
/// `owned_methods! { ($Counted, $F) => .. }` names the pointer and the flavour. `Arc`, `Rc`,
/// `Shared` and `SingleThread` must be in scope.
macro_rules! owned_methods {
    (($dollar:tt $Counted:ident, $_:tt $F:ident) => $($items:tt)*) => {
        macro_rules! methods_of_flavour {
            ($dollar $Counted:ident, $dollar $F:ident) => { $($items)* };
        }
        methods_of_flavour!(Arc, Shared);
        methods_of_flavour!(Rc, SingleThread);
    };
}
pub(crate) use owned_methods;
