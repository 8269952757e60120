//! Calls that may run Python code. This crate makes them here and nowhere else.
//!
//! Python code releases the GIL and takes it again. If the interpreter exits meanwhile, Python
//! before 3.14 ends the thread at that point with `pthread_exit`, which unwinds the thread's stack.
//! Rust's frames cannot be unwound in that way: the process would abort. So such a thread stops
//! here until the process ends, as it does in Python 3.14.
//!
//! pyo3 does the same when a thread of ours takes the GIL (`Python::attach`, the end of `detach`).
//!
//! `black_box` hides which function a pointer is. The optimizer knows pyo3's declarations, which never
//! unwind, and would remove what `guarded` does when a call unwinds.

#![allow(unsafe_code, reason = "pyo3 declares Python's functions as ones that never unwind")]

use std::ffi::c_int;
#[cfg(unix)]
use std::ffi::{c_char, c_void};
use std::hint::black_box;
use std::mem;
#[cfg(unix)]
use std::sync::LazyLock;
use std::time::Duration;

use pyo3::BoundObject;
use pyo3::ffi::{self, PyObject};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

/// Stops a thread that is unwound past it.
struct Stop;

impl Drop for Stop {
    fn drop(&mut self) {
        loop {
            std::thread::sleep(Duration::from_secs(60));
        }
    }
}

/// Runs one function of Python's, which `pthread_exit` may unwind.
fn guarded<T>(run: impl FnOnce() -> T) -> T {
    let stop = Stop;
    let done = run();
    mem::forget(stop);
    done
}

/// A function of Python's C API with one argument. It returns a new reference or an error.
type Unary = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;

fn unary<'py>(function: Unary, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    type Unwinding = unsafe extern "C-unwind" fn(*mut PyObject) -> *mut PyObject;
    // SAFETY: the two types differ only in that the second one may unwind.
    let function = unsafe { mem::transmute::<Unary, Unwinding>(black_box::<Unary>(function)) };
    // SAFETY: the thread is attached, and the value lives until the function returns.
    unsafe { Bound::from_owned_ptr_or_err(value.py(), guarded(|| function(value.as_ptr()))) }
}

/// Calls `function`.
pub(crate) fn call<'py>(
    function: &Bound<'py, PyAny>,
    args: impl IntoPyObject<'py, Target = PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    call_object(function, args, None)
}

fn call_object<'py>(
    function: &Bound<'py, PyAny>,
    args: impl IntoPyObject<'py, Target = PyTuple>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    type Plain = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
    type Unwinding =
        unsafe extern "C-unwind" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
    // SAFETY: as in `unary`.
    let call =
        unsafe { mem::transmute::<Plain, Unwinding>(black_box::<Plain>(ffi::PyObject_Call)) };
    let args = args.into_pyobject(function.py()).map_err(Into::into)?.into_bound();
    let keywords = keywords.map_or(std::ptr::null_mut(), |keywords| keywords.as_ptr());
    // SAFETY: as in `unary`; the dict lives until the function returns, or there is none.
    unsafe {
        let result = guarded(|| call(function.as_ptr(), args.as_ptr(), keywords));
        Bound::from_owned_ptr_or_err(function.py(), result)
    }
}

/// Calls `function` with keyword arguments.
pub(crate) fn call_with<'py>(
    function: &Bound<'py, PyAny>,
    args: impl IntoPyObject<'py, Target = PyTuple>,
    keywords: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    call_object(function, args, Some(keywords))
}

/// `import name`.
pub(crate) fn import<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    unary(ffi::PyImport_Import, PyString::new(py, name).as_any())
}

/// `str(value)`.
pub(crate) fn str<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    Ok(unary(ffi::PyObject_Str, value)?.cast_into()?)
}

/// `repr(value)`.
pub(crate) fn repr<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    Ok(unary(ffi::PyObject_Repr, value)?.cast_into()?)
}

/// `float(value)`, which also accepts text.
pub(crate) fn float<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    unary(ffi::PyNumber_Float, value)
}

/// `operator.index(value)`.
pub(crate) fn index<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    unary(ffi::PyNumber_Index, value)
}

/// `os.fspath(value)`.
pub(crate) fn fspath<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    unary(ffi::PyOS_FSPath, value)
}

/// `iter(value)`.
pub(crate) fn iter<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    unary(ffi::PyObject_GetIter, value)
}

/// `tuple(value)`.
pub(crate) fn tuple<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    Ok(unary(ffi::PySequence_Tuple, value)?.cast_into()?)
}

/// Runs the handlers of pending signals, which only Python's main thread does. Fails with the
/// exception of a handler.
pub(crate) fn check_signals(py: Python<'_>) -> PyResult<()> {
    type Plain = unsafe extern "C" fn() -> c_int;
    type Unwinding = unsafe extern "C-unwind" fn() -> c_int;
    // SAFETY: as in `unary`. Other threads may run the garbage collector in it.
    let check =
        unsafe { mem::transmute::<Plain, Unwinding>(black_box::<Plain>(ffi::PyErr_CheckSignals)) };
    // SAFETY: the thread is attached.
    match guarded(|| unsafe { check() }) {
        0 => Ok(()),
        _ => Err(PyErr::fetch(py)),
    }
}

/// Creates Python objects without the garbage collector. Before Python 3.12, creating one can start
/// the collector, which runs finalizers in Python code. `make` keeps the GIL.
pub(crate) fn without_gc<T>(py: Python<'_>, make: impl FnOnce() -> T) -> T {
    struct Enable;
    impl Drop for Enable {
        fn drop(&mut self) {
            // SAFETY: the thread is still attached.
            unsafe { ffi::PyGC_Enable() };
        }
    }
    static IS_NEEDED: PyOnceLock<bool> = PyOnceLock::new();
    // SAFETY: the thread is attached.
    let was_enabled = *IS_NEEDED.get_or_init(py, || py.version_info() < (3, 12))
        && unsafe { ffi::PyGC_Disable() } == 1;
    let _enable = was_enabled.then_some(Enable);
    make()
}

/// Returns whether the interpreter exits and this is its exiting thread.
pub(crate) fn ends_python(_attached: Python<'_>) -> bool {
    // SAFETY: it may always be called.
    unsafe { ffi::Py_IsInitialized() == 0 }
}

/// Passes an error that cannot be raised to `sys.unraisablehook`.
pub(crate) fn report(py: Python<'_>, error: PyErr) {
    type Plain = unsafe extern "C" fn(*mut PyObject);
    type Unwinding = unsafe extern "C-unwind" fn(*mut PyObject);
    // SAFETY: as in `unary`.
    let report = unsafe {
        mem::transmute::<Plain, Unwinding>(black_box::<Plain>(ffi::PyErr_WriteUnraisable))
    };
    error.restore(py);
    // SAFETY: the thread is attached, and an error is set.
    guarded(|| unsafe { report(std::ptr::null_mut()) });
}

/// Returns whether this thread has the GIL, or false if that is not known.
#[cfg(unix)]
pub(crate) fn holds_gil() -> bool {
    type Check = unsafe extern "C" fn() -> c_int;
    unsafe extern "C" {
        fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    }
    const RTLD_DEFAULT: isize = if cfg!(target_vendor = "apple") { -2 } else { 0 };
    // Every Python has this function, but not as part of abi3.
    static CHECK: LazyLock<Option<Check>> = LazyLock::new(|| {
        let everywhere = std::ptr::without_provenance_mut(RTLD_DEFAULT as usize);
        // SAFETY: the name is a C string.
        let found = unsafe { dlsym(everywhere, c"PyGILState_Check".as_ptr()) };
        // SAFETY: the function has this type; NULL is none.
        unsafe { mem::transmute::<*mut c_void, Option<Check>>(found) }
    });
    // SAFETY: any thread may ask.
    CHECK.is_some_and(|check| unsafe { check() } == 1)
}

#[cfg(not(unix))]
pub(crate) fn holds_gil() -> bool {
    false
}

/// A position in a running program: a frame, and an instruction in it.
#[derive(PartialEq)]
pub(crate) struct Instruction {
    frame: usize,
    at: i64,
}

impl Instruction {
    /// Returns this thread's current instruction, if it runs Python code.
    pub(crate) fn current(py: Python<'_>) -> Option<Self> {
        // SAFETY: the thread is attached; the frame lives as long as this thread is in it.
        let frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PyEval_GetFrame().cast()) }?;
        let at = frame.getattr(intern!(py, "f_lasti")).and_then(|at| at.extract());
        Some(Self { frame: frame.as_ptr() as usize, at: at.ok()? })
    }
}
