let gate = Gate::new();
let inside = gate.enter().expect("the gate is open");
let leave = async { drop(inside) };
futures::executor::block_on(async { futures::join!(gate.close(), leave) });
assert!(gate.enter().is_none());
