//! The proof of authorisation: nothing but `authorize` can make an `Authorized<T>`.

use terms::UserId;

use crate::{Area, Permission, Principal};

/// What it takes to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Anyone signed in.
    SignedIn,
    /// The permission, in the whole area.
    Permission(Permission, Area),
    /// The permission, in at least one of the areas.
    PermissionInAny(Permission, Vec<Area>),
    /// Each of these; an empty list asks no more than being signed in.
    All(Vec<Requirement>),
}

/// A command, query or anything else that says itself what it takes.
pub trait Guarded {
    fn requirement(&self) -> Requirement;
}

/// The principal lacks a permission here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the permission {missing} is missing")]
pub struct Forbidden {
    pub missing: Permission,
    /// The permission is held, but not in this area; the API answers as if the thing did not exist.
    pub outside_scope: bool,
}

/// Something a principal was found allowed to do.
/// The fields are private, so that `authorize` is the only way to get one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorized<T> {
    by: UserId,
    what: T,
}

impl<T> Authorized<T> {
    pub fn by(&self) -> UserId {
        self.by
    }
    pub fn get(&self) -> &T {
        &self.what
    }
    pub fn into_parts(self) -> (UserId, T) {
        (self.by, self.what)
    }
}

/// Weighs what the principal asks against what it takes.
pub fn authorize<T: Guarded>(principal: &Principal, what: T) -> Result<Authorized<T>, Forbidden> {
    check(principal, &what.requirement())?;
    Ok(Authorized { by: principal.user, what })
}

/// Whether the principal meets a requirement; the first permission missing, in the order it was asked for.
pub fn check(principal: &Principal, requirement: &Requirement) -> Result<(), Forbidden> {
    match requirement {
        Requirement::SignedIn => Ok(()),
        Requirement::Permission(permission, area) => {
            permitted(principal, *permission, principal.permits(*permission, area))
        }
        Requirement::PermissionInAny(permission, areas) => {
            permitted(principal, *permission, areas.iter().any(|area| principal.permits(*permission, area)))
        }
        Requirement::All(parts) => parts.iter().try_for_each(|part| check(principal, part)),
    }
}

fn permitted(principal: &Principal, permission: Permission, granted: bool) -> Result<(), Forbidden> {
    if granted {
        return Ok(());
    }
    Err(Forbidden { missing: permission, outside_scope: principal.holds(permission) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use terms::TeamId;

    use super::*;
    use crate::{Granted, Reach, Scope};

    #[derive(Debug, PartialEq)]
    struct Coach(Option<TeamId>);

    impl Guarded for Coach {
        fn requirement(&self) -> Requirement {
            let area = Area::of_agent(self.0);
            Requirement::All(vec![
                Requirement::Permission(Permission::Monitor, area.clone()),
                Requirement::Permission(Permission::Whisper, area),
            ])
        }
    }

    const RED: TeamId = TeamId::from_number(1);

    fn supervisor(grants: &[Permission]) -> Principal {
        Principal {
            user: UserId::from_number(9),
            team: None,
            sets: vec![Granted {
                grants: grants.iter().copied().collect(),
                scope: Scope { teams: Reach::Only(BTreeSet::from([RED])), queues: Reach::All },
            }],
        }
    }

    #[test]
    fn the_proof_carries_who_and_what() {
        let who = supervisor(&[Permission::Monitor, Permission::Whisper]);
        let proof = authorize(&who, Coach(Some(RED))).unwrap();
        assert_eq!(proof.by(), who.user);
        assert_eq!(proof.get(), &Coach(Some(RED)));
        assert_eq!(proof.into_parts(), (who.user, Coach(Some(RED))));
    }

    #[test]
    fn monitor_does_not_carry_whisper() {
        let refused = authorize(&supervisor(&[Permission::Monitor]), Coach(Some(RED))).unwrap_err();
        assert_eq!(refused, Forbidden { missing: Permission::Whisper, outside_scope: false });
    }

    #[test]
    fn a_permission_held_elsewhere_is_told_apart() {
        let who = supervisor(&[Permission::Monitor, Permission::Whisper]);
        let refused = authorize(&who, Coach(None)).unwrap_err();
        assert_eq!(refused, Forbidden { missing: Permission::Monitor, outside_scope: true });
    }

    #[test]
    fn one_area_of_several_is_enough_and_no_area_is_not() {
        let who = supervisor(&[Permission::ViewLive]);
        let in_any = |areas| check(&who, &Requirement::PermissionInAny(Permission::ViewLive, areas));
        assert!(in_any(vec![Area::of_agent(None), Area::of_agent(Some(RED))]).is_ok());
        assert!(in_any(vec![]).is_err());
    }

    #[test]
    fn being_signed_in_is_enough_where_nothing_more_is_asked() {
        assert!(check(&supervisor(&[]), &Requirement::SignedIn).is_ok());
    }
}
