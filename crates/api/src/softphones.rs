//! Softphones: the short-lived credentials browsers open their SIP sockets with, and whose sign-out ends them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use terms::{Timestamp, UserId};

use crate::{problem::Problem, random};

/// Past that the one that expires first is forgotten.
const CREDENTIALS_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Softphones {
    /// Looked up when a socket opens, and once a second for each; never held across an await.
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// By the fingerprint of the credential.
    credentials: BTreeMap<String, Credential>,
    /// Whoever signed out, with the number that was last given out then.
    ended: BTreeMap<UserId, u64>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Credential {
    admitted: Admitted,
    expires_at: Timestamp,
}

/// Whom a socket was opened for; numbered, so that signing out ends what was opened before and nothing after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) user: UserId,
    number: u64,
}

impl Softphones {
    /// A credential good for any number of sockets until it expires.
    pub(crate) fn issue(
        &self,
        user: UserId,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let secret = random::secret()?;
        let admitted = self.admit(user);
        let mut table = self.lock();
        let credentials = &mut table.credentials;
        if credentials.len() >= CREDENTIALS_MAX {
            credentials.retain(|_, credential| credential.expires_at > now);
        }
        if credentials.len() >= CREDENTIALS_MAX
            && let Some(first) =
                credentials.iter().min_by_key(|(_, one)| one.expires_at).map(|(key, _)| key.clone())
        {
            credentials.remove(&first);
        }
        credentials.insert(random::fingerprint(&secret), Credential { admitted, expires_at });
        Ok(secret)
    }

    /// Whose credential it is; none for one that is unknown, expired or signed out.
    pub(crate) fn redeem(&self, secret: &str, now: Timestamp) -> Option<Admitted> {
        let found = self.lock().credentials.get(&random::fingerprint(secret)).copied()?;
        (found.expires_at > now && self.stands(found.admitted)).then_some(found.admitted)
    }

    /// For whoever proved to be this user in another way.
    pub(crate) fn admit(&self, user: UserId) -> Admitted {
        let mut table = self.lock();
        table.count += 1;
        Admitted { user, number: table.count }
    }

    /// Whether the user has not signed out since.
    pub(crate) fn stands(&self, admitted: Admitted) -> bool {
        self.lock().ended.get(&admitted.user).is_none_or(|ended| *ended < admitted.number)
    }

    /// The user signed out: no socket or credential of theirs stands any more.
    pub(crate) fn end(&self, user: UserId) {
        let mut table = self.lock();
        let count = table.count;
        table.credentials.retain(|_, credential| credential.admitted.user != user);
        table.ended.insert(user, count);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_good_until_it_expires_or_its_user_signs_out() {
        let (user, other) = (UserId::from_number(1), UserId::from_number(2));
        let (now, later) = (Timestamp::from_ms(0), Timestamp::from_ms(1_000));
        let phones = Softphones::default();
        let secret = phones.issue(user, later, now).ok().unwrap();
        let others = phones.issue(other, later, now).ok().unwrap();
        let admitted = phones.redeem(&secret, now).unwrap();
        assert_eq!(admitted.user, user);
        assert_eq!(phones.redeem(&secret, later), None);
        assert_eq!(phones.redeem("another", now), None);
        phones.end(user);
        assert!(!phones.stands(admitted));
        assert_eq!(phones.redeem(&secret, now), None);
        assert!(phones.redeem(&others, now).is_some());
        let again = phones.issue(user, later, now).ok().unwrap();
        assert!(phones.redeem(&again, now).is_some_and(|admitted| phones.stands(admitted)));
    }
}
