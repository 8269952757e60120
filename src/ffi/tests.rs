//! Calls of the C ABI that send nothing, for Miri: `make sanitize`.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use super::client::{aura_client_free, aura_client_new, aura_client_rate_limit, aura_get_user};
use super::error::{
    aura_error_free, aura_error_json, aura_error_kind, aura_error_message,
    aura_error_retry_after_ms,
};
use super::options::{aura_options_free, aura_options_new, aura_options_set};
use super::status::aura_status::{self, AURA_INVALID_ARGUMENT, AURA_OK};
use super::string::aura_string_free;

/// An out-parameter with a value that the call must overwrite.
fn empty_out_pointer<T>() -> MaybeUninit<*mut T> {
    MaybeUninit::new(ptr::without_provenance_mut(1))
}

fn take<T>(pointer: MaybeUninit<*mut T>) -> *mut T {
    // SAFETY: `empty_out_pointer` initialized it.
    unsafe { pointer.assume_init() }
}

fn read(string: *const c_char) -> String {
    assert!(!string.is_null());
    // SAFETY: a valid string of the library.
    unsafe { CStr::from_ptr(string) }.to_str().unwrap().to_owned()
}

fn refused(call: impl FnOnce(&mut MaybeUninit<*mut super::error::aura_error>) -> aura_status) {
    let mut error = empty_out_pointer();
    assert_eq!(call(&mut error), AURA_INVALID_ARGUMENT);
    let error = take(error);
    // SAFETY: the call failed, so it is an error.
    let borrowed = unsafe { error.as_ref() };
    assert_eq!(aura_error_kind(borrowed), AURA_INVALID_ARGUMENT);
    assert!(read(aura_error_message(borrowed)).contains("invalid_argument"));
    assert!(read(aura_error_json(borrowed)).starts_with('{'));
    assert_eq!(aura_error_retry_after_ms(borrowed), -1);
    aura_error_free(error);
}

#[test]
fn a_client_is_created_and_freed() {
    let mut options = aura_options_new();
    for (name, value) in [(c"env", c"false"), (c"repo_url", c"http://127.0.0.1:9/api")] {
        let mut error = empty_out_pointer();
        let status =
            aura_options_set(Some(&mut options), name.as_ptr(), value.as_ptr(), Some(&mut error));
        assert_eq!(status, AURA_OK);
        assert!(take(error).is_null());
    }
    refused(|error| {
        aura_options_set(Some(&mut options), c"no_such".as_ptr(), c"1".as_ptr(), Some(error))
    });
    let (mut client, mut json) = (empty_out_pointer(), empty_out_pointer());
    assert_eq!(aura_client_new(Some(&options), Some(&mut client), None), AURA_OK);
    aura_options_free(Box::into_raw(options));
    let client = take(client);

    refused(|error| aura_get_user(client, ptr::null(), None, Some(&mut json), Some(error)));
    assert!(take(json).is_null());
    refused(|error| aura_get_user(client, c"..".as_ptr(), None, Some(&mut json), Some(error)));
    refused(|error| aura_get_user(client, c"\xff".as_ptr(), None, Some(&mut json), Some(error)));
    refused(|error| aura_get_user(client, c"eric".as_ptr(), None, None, Some(error)));

    assert_eq!(aura_client_rate_limit(client, None, Some(&mut json), None), AURA_OK);
    let json = take(json);
    assert_eq!(read(json), "null");
    aura_string_free(json);
    aura_client_free(client);
}
