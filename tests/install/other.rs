//! Another Rust library, which contains the same std.

#[unsafe(no_mangle)]
pub extern "C" fn other_caught() -> bool {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| panic!("on purpose")).is_err()
}
