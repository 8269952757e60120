//! Another Rust library, with the same std in it.

#[unsafe(no_mangle)]
pub extern "C" fn other_caught() -> bool {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| panic!("on purpose")).is_err()
}
