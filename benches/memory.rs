//! The size of each primitive and of the future that waits for it, and the allocations per wait.
//!
//! This benchmark is separate from `speed`, because counting allocations takes time.

#[path = "suite/mod.rs"]
#[allow(dead_code, reason = "this benchmark does not measure time")]
mod suite;

use allocation_counter::measure;

use self::suite::{Size, Suite};

fn main() {
    println!("{:<37}   type    future    allocations per wait", "size in bytes");
    let mut previous = "";
    for Size { primitive, subject, of_type, of_future, wait } in Suite::of_all_primitives().sizes {
        if primitive != previous {
            println!("{primitive}");
            previous = primitive;
        }
        // The first wait may allocate memory that later waits reuse.
        wait();
        let allocations = measure(&wait).count_total;
        println!("    {subject:<31} {of_type:>8} {of_future:>9} {allocations:>10}");
    }
}
