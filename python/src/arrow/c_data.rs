//! The parts of the Arrow C data and C stream interfaces that a stream of text columns needs:
//! <https://arrow.apache.org/docs/format/CDataInterface.html>. The crates for these interfaces would
//! add 190 kB to the library.
//!
//! The interface defines the ownership: the holder of a structure calls its `release` once, from any
//! thread. To move a structure, the holder copies its bytes and sets `release` of the first one to
//! NULL. A child may be moved out of its parent, so each owns its own data.

#![allow(unsafe_code, reason = "the interface consists of C structures")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

/// A column of text: its name, and whether a value may be missing.
pub(super) struct Field {
    pub(super) name: &'static CStr,
    pub(super) is_nullable: bool,
}

/// The values of a column, in Arrow's layout `utf8`.
pub(super) struct Column {
    /// A bit for each value, lowest bit first. It is 0 if the value is missing.
    validity: Vec<u8>,
    /// The start of each value, and the end of the last one.
    offsets: Vec<i32>,
    text: Vec<u8>,
    nulls: i64,
}

/// The reason why a stream has no next batch.
pub(super) struct Failure {
    pub(super) errno: c_int,
    pub(super) message: String,
}

/// One column for each field, and a value that is dropped after all of them are released.
pub(super) struct Batch {
    pub(super) columns: Vec<Column>,
    pub(super) until_released: Arc<dyn Send + Sync>,
}

/// Returns the next batch, or none after the last one.
pub(super) type Source = Box<dyn FnMut() -> Result<Option<Batch>, Failure> + Send>;

impl Column {
    pub(super) fn new() -> Self {
        Self { validity: Vec::new(), offsets: vec![0], text: Vec::new(), nulls: 0 }
    }

    /// Adds a value. Returns false if the column would have more text than an offset can count.
    #[must_use]
    pub(super) fn push(&mut self, value: Option<&str>) -> bool {
        let at = self.len();
        if at.is_multiple_of(8) {
            self.validity.push(0);
        }
        match value {
            Some(value) => {
                self.validity[at / 8] |= 1 << (at % 8);
                self.text.extend_from_slice(value.as_bytes());
            }
            None => self.nulls += 1,
        }
        let Ok(end) = i32::try_from(self.text.len()) else { return false };
        self.offsets.push(end);
        true
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }
}

#[repr(C)]
pub(super) struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

const NULLABLE: i64 = 2;

impl Schema {
    fn new(format: &'static CStr, name: &'static CStr, flags: i64, children: Vec<Self>) -> Self {
        let children = Children::new(children);
        Self {
            format: format.as_ptr(),
            name: name.as_ptr(),
            metadata: ptr::null(),
            flags,
            n_children: children.count(),
            children: children.pointers(),
            dictionary: ptr::null_mut(),
            release: Some(release_schema),
            private_data: Box::into_raw(Box::new(children)).cast(),
        }
    }

    fn of(fields: &[Field]) -> Self {
        let column = |field: &Field| {
            let flags = if field.is_nullable { NULLABLE } else { 0 };
            Self::new(c"u", field.name, flags, Vec::new())
        };
        Self::new(c"+s", c"", 0, fields.iter().map(column).collect())
    }
}

unsafe extern "C" fn release_schema(schema: *mut Schema) {
    // SAFETY: the holder passes a schema that was not released before; `new` made its data.
    unsafe {
        drop(Box::from_raw((*schema).private_data.cast::<Children<Schema>>()));
        (*schema).release = None;
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it was neither released nor moved away.
            unsafe { release(self) }
        }
    }
}

#[repr(C)]
pub(super) struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

/// What an array owns.
struct ArrayData {
    buffers: Vec<*const c_void>,
    children: Children<Array>,
    _column: Option<Column>,
    _until_released: Arc<dyn Send + Sync>,
}

impl Array {
    fn new(
        length: usize,
        column: Option<Column>,
        children: Vec<Self>,
        until_released: Arc<dyn Send + Sync>,
    ) -> Self {
        let buffers = match &column {
            // A struct has only the validity buffer. No value is missing, so it is NULL.
            None => vec![ptr::null()],
            Some(column) => vec![
                if column.nulls == 0 { ptr::null() } else { column.validity.as_ptr().cast() },
                column.offsets.as_ptr().cast(),
                column.text.as_ptr().cast(),
            ],
        };
        let null_count = column.as_ref().map_or(0, |column| column.nulls);
        let children = Children::new(children);
        let mut data = Box::new(ArrayData {
            buffers,
            children,
            _column: column,
            _until_released: until_released,
        });
        Self {
            length: length as i64,
            null_count,
            offset: 0,
            n_buffers: data.buffers.len() as i64,
            n_children: data.children.count(),
            buffers: data.buffers.as_mut_ptr(),
            children: data.children.pointers(),
            dictionary: ptr::null_mut(),
            release: Some(release_array),
            private_data: Box::into_raw(data).cast(),
        }
    }

    fn of(Batch { columns, until_released }: Batch) -> Self {
        let length = columns.first().map_or(0, Column::len);
        // A child may be moved out and outlive the others.
        let column = |column: Column| {
            Self::new(column.len(), Some(column), Vec::new(), Arc::clone(&until_released))
        };
        let children = columns.into_iter().map(column).collect();
        Self::new(length, None, children, until_released)
    }

    /// An array that marks the end of a stream.
    fn released() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

unsafe extern "C" fn release_array(array: *mut Array) {
    // SAFETY: the holder passes an array that was not released before; `new` made its data.
    unsafe {
        drop(Box::from_raw((*array).private_data.cast::<ArrayData>()));
        (*array).release = None;
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it was neither released nor moved away.
            unsafe { release(self) }
        }
    }
}

/// Children in places of their own, as the interface wants them. Those that nobody moved out
/// are released with it.
struct Children<T>(Vec<*mut T>);

impl<T> Children<T> {
    fn new(children: Vec<T>) -> Self {
        Self(children.into_iter().map(|child| Box::into_raw(Box::new(child))).collect())
    }

    fn count(&self) -> i64 {
        self.0.len() as i64
    }

    /// Valid while the vector does not change. It never changes.
    fn pointers(&self) -> *mut *mut T {
        self.0.as_ptr().cast_mut()
    }
}

impl<T> Drop for Children<T> {
    fn drop(&mut self) {
        for child in &self.0 {
            // SAFETY: `new` made it from a box. Its own drop releases it unless it was moved out.
            drop(unsafe { Box::from_raw(*child) });
        }
    }
}

#[repr(C)]
pub(super) struct Stream {
    get_schema: unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int,
    get_next: unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int,
    get_last_error: unsafe extern "C" fn(*mut Stream) -> *const c_char,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

/// The private data of a stream.
struct StreamData {
    fields: &'static [Field],
    source: Source,
    error: Option<CString>,
}

// SAFETY: its data is a `Source`, which is `Send`, and plain values. The interface asks the
// holder not to use a stream from two threads at once.
unsafe impl Send for Stream {}

const EIO: c_int = 5;

impl Stream {
    pub(super) fn new(fields: &'static [Field], source: Source) -> Self {
        let data = StreamData { fields, source, error: None };
        Self {
            get_schema,
            get_next,
            get_last_error,
            release: Some(release_stream),
            private_data: Box::into_raw(Box::new(data)).cast(),
        }
    }
}

unsafe extern "C" fn get_schema(stream: *mut Stream, out: *mut Schema) -> c_int {
    // SAFETY: the holder passes a stream that was not released, whose data `new` made.
    let data = unsafe { &*(*stream).private_data.cast::<StreamData>() };
    // SAFETY: `out` is room for a schema, and holds none yet.
    unsafe { out.write(Schema::of(data.fields)) };
    0
}

unsafe extern "C" fn get_next(stream: *mut Stream, out: *mut Array) -> c_int {
    // SAFETY: as in `get_schema`; the holder does not call it from two threads at once.
    let data = unsafe { &mut *(*stream).private_data.cast::<StreamData>() };
    data.error = None;
    // No panic may reach C.
    let next = catch_unwind(AssertUnwindSafe(&mut data.source)).unwrap_or_else(|_| {
        Err(Failure { errno: EIO, message: "internal: reading a page panicked".to_owned() })
    });
    match next {
        Ok(batch) => {
            // SAFETY: `out` is room for an array, and holds none yet.
            unsafe { out.write(batch.map_or_else(Array::released, Array::of)) };
            0
        }
        Err(Failure { errno, message }) => {
            data.error = CString::new(message.replace('\0', "\\0")).ok();
            errno
        }
    }
}

unsafe extern "C" fn get_last_error(stream: *mut Stream) -> *const c_char {
    // SAFETY: as in `get_schema`. The text stays valid until the next call, as the interface requires.
    let data = unsafe { &*(*stream).private_data.cast::<StreamData>() };
    data.error.as_ref().map_or_else(ptr::null, |error| error.as_ptr())
}

unsafe extern "C" fn release_stream(stream: *mut Stream) {
    // SAFETY: the holder passes a stream that was not released before; `new` made its data.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<StreamData>()));
        (*stream).release = None;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it was neither released nor moved away.
            unsafe { release(self) }
        }
    }
}
