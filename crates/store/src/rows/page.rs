//! Lists come in pages: a limit, and an opaque cursor that names the last row seen, so that rows added meanwhile move nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use terms::limits::{PAGE_DEFAULT, PAGE_MAX};

use crate::StoreError;

/// Which page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// None is 50; more than 200 is 200.
    pub limit: Option<u64>,
    /// From the page before; none is the first page.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// None on the last page.
    pub next_cursor: Option<String>,
}

impl Page {
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// `rows` holds one row more than the page when there is another page.
    pub(crate) fn cut<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Listed<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(cursor) } else { None };
        Listed { items: rows, next_cursor }
    }
}

/// The list's name stands in it, so that a cursor of another list is refused.
pub(crate) fn cursor_of<K: Serialize>(list: &str, key: &K) -> String {
    let text = serde_json::to_vec(&(list, key)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}

pub(crate) fn read_cursor<K: DeserializeOwned>(list: &str, cursor: &str) -> Result<K, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::BadCursor)?;
    let (of, key): (String, K) = serde_json::from_slice(&bytes).map_err(|_| StoreError::BadCursor)?;
    if of == list { Ok(key) } else { Err(StoreError::BadCursor) }
}
