//! Who asks, with everything granted to them at this moment.

use std::collections::BTreeSet;

use terms::{TeamId, UserId};

use crate::{Area, Permission, PermissionSet, Scope};

/// What one permission set gives its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub grants: BTreeSet<Permission>,
    pub scope: Scope,
}

impl From<&PermissionSet> for Granted {
    fn from(set: &PermissionSet) -> Self {
        Self { grants: set.grants.clone(), scope: set.scope.clone() }
    }
}

/// A signed-in user or API client; an API client acts under a user id of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub user: UserId,
    pub team: Option<TeamId>,
    /// Evaluated one by one and additive: a grant of one set never widens the scope of another.
    pub sets: Vec<Granted>,
}

impl Principal {
    /// Whether one set both grants the permission and reaches the whole area.
    pub fn permits(&self, permission: Permission, area: &Area) -> bool {
        self.sets.iter().any(|set| set.grants.contains(&permission) && set.scope.covers(area))
    }
    /// Whether the permission is granted anywhere at all.
    pub fn holds(&self, permission: Permission) -> bool {
        self.sets.iter().any(|set| set.grants.contains(&permission))
    }
    /// Every permission held somewhere, in the order of `Permission::ALL`.
    pub fn effective(&self) -> BTreeSet<Permission> {
        self.sets.iter().flat_map(|set| set.grants.iter().copied()).collect()
    }
    /// The scopes within which a permission is held, for narrowing a list to what its reader may see.
    pub fn scopes_of(&self, permission: Permission) -> impl Iterator<Item = &Scope> {
        self.sets.iter().filter(move |set| set.grants.contains(&permission)).map(|set| &set.scope)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};
    use terms::QueueId;

    use super::*;
    use crate::Reach;

    fn some_permission() -> impl Strategy<Value = Permission> {
        proptest::sample::select(Permission::ALL)
    }

    fn some_reach<T: Ord + Clone + std::fmt::Debug + 'static>(
        make: fn(u128) -> T,
    ) -> BoxedStrategy<Reach<T>> {
        prop_oneof![
            Just(Reach::All),
            collection::btree_set((0u128..3).prop_map(make), 0..3).prop_map(Reach::Only),
        ]
        .boxed()
    }

    fn some_set() -> impl Strategy<Value = Granted> {
        let scope = (some_reach(TeamId::from_number), some_reach(QueueId::from_number))
            .prop_map(|(teams, queues)| Scope { teams, queues });
        (collection::btree_set(some_permission(), 0..4), scope)
            .prop_map(|(grants, scope)| Granted { grants, scope })
    }

    fn some_area() -> impl Strategy<Value = Area> {
        let teams =
            collection::btree_set(proptest::option::of((0u128..3).prop_map(TeamId::from_number)), 0..3);
        let queue = proptest::option::of((0u128..3).prop_map(QueueId::from_number));
        (teams, queue).prop_map(|(teams, queue)| Area { teams, queue })
    }

    fn principal(sets: Vec<Granted>) -> Principal {
        Principal { user: UserId::from_number(1), team: None, sets }
    }

    /// The rule in the words of the API page, written once more and differently.
    fn by_the_rule(set: &Granted, permission: Permission, area: &Area) -> bool {
        let granted = set.grants.iter().any(|one| *one == permission);
        let wrong_team = area.teams.iter().any(|team| match (&set.scope.teams, team) {
            (Reach::All, _) => false,
            (Reach::Only(_), None) => true,
            (Reach::Only(listed), Some(team)) => !listed.contains(team),
        });
        let wrong_queue = match (&set.scope.queues, &area.queue) {
            (Reach::All, _) | (Reach::Only(_), None) => false,
            (Reach::Only(listed), Some(queue)) => !listed.contains(queue),
        };
        granted && !wrong_team && !wrong_queue
    }

    proptest! {
        #[test]
        fn another_set_never_takes_a_permission_away(
            sets in collection::vec(some_set(), 0..4), more in some_set(),
            permission in some_permission(), area in some_area(),
        ) {
            let before = principal(sets.clone());
            let after = principal(sets.into_iter().chain([more]).collect());
            prop_assert!(!before.permits(permission, &area) || after.permits(permission, &area));
            prop_assert!(before.effective().is_subset(&after.effective()));
        }

        #[test]
        fn without_a_set_nothing_is_permitted_anywhere(permission in some_permission(), area in some_area()) {
            prop_assert!(!principal(vec![]).permits(permission, &area));
        }

        #[test]
        fn a_permission_holds_exactly_where_one_single_set_gives_it(
            sets in collection::vec(some_set(), 0..4), permission in some_permission(), area in some_area(),
        ) {
            let expected = sets.iter().any(|set| by_the_rule(set, permission, &area));
            prop_assert_eq!(principal(sets).permits(permission, &area), expected);
        }

        #[test]
        fn a_smaller_area_is_never_harder_to_reach(
            sets in collection::vec(some_set(), 0..4), permission in some_permission(), area in some_area(),
        ) {
            let who = principal(sets);
            if who.permits(permission, &area) {
                let without_queue = Area { teams: area.teams.clone(), queue: None };
                prop_assert!(who.permits(permission, &without_queue));
                prop_assert!(who.permits(permission, &Area::anywhere()));
            }
        }
    }

    #[test]
    fn two_sets_do_not_lend_each_other_their_scopes() {
        let red = TeamId::from_number(1);
        let blue = TeamId::from_number(2);
        let on = |permission, team| Granted {
            grants: BTreeSet::from([permission]),
            scope: Scope { teams: Reach::Only(BTreeSet::from([team])), queues: Reach::All },
        };
        let who = principal(vec![on(Permission::Monitor, red), on(Permission::Whisper, blue)]);
        assert!(who.permits(Permission::Monitor, &Area::of_agent(Some(red))));
        assert!(!who.permits(Permission::Whisper, &Area::of_agent(Some(red))));
        assert!(!who.permits(Permission::Monitor, &Area::of_agent(Some(blue))));
    }
}
