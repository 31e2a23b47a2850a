//! Decides who may do what: permission sets, principals, tokens, and the proof of authorisation.
//!
//! Pure: keys, salts and the time are arguments.
//! Permissions are looked up live for every request and never read from a token.

pub mod authorize;
pub mod password;
pub mod permission;
pub mod permission_set;
pub mod principal;
pub mod scope;
pub mod token;

pub use authorize::{Authorized, Forbidden, Guarded, Requirement, authorize, check};
pub use permission::{Permission, UnknownPermission};
pub use permission_set::PermissionSet;
pub use principal::{Granted, Principal};
pub use scope::{Area, Reach, Scope};
pub use token::{Claims, SigningKey, SubjectKind, TokenError, VerifyingKeys};
