//! Where calls go to and come from.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Digits of emergency and other service numbers; no country's numbers are as short.
const SERVICE_DIGITS: usize = 3;

/// A public number in E.164: a plus sign and 3 to 15 digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAddress(&'static str);

impl PhoneNumber {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// As a provider's line is dialed: a service number of three digits (112, 911) belongs to no country and has no plus.
    pub fn dialed(&self) -> &str {
        let digits = self.0.trim_start_matches('+');
        if digits.len() <= SERVICE_DIGITS { digits } else { &self.0 }
    }
    /// Accepts what people type ("+1 (555) 010-0123", "0015550100"); a number without a country code is refused.
    pub fn normalise(text: &str) -> Result<Self, InvalidAddress> {
        let kept: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
        match kept.strip_prefix("00") {
            Some(rest) => format!("+{rest}").parse(),
            None => kept.parse(),
        }
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').ok_or(InvalidAddress(
            "a phone number starts with + and the country code (E.164), like +15550100123",
        ))?;
        let sound = (3..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if !sound {
            return Err(InvalidAddress("a phone number is + and 3 to 15 digits, the first not 0 (E.164)"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Numbers never reach a log whole: the debug form shows the last two digits.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(…{})", &self.0[self.0.len() - 2..])
    }
}

/// A short number inside the organization: 2 to 8 digits; it names a user or a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Extension(String);

impl Extension {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Extension {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAddress("an extension is 2 to 8 digits"))
        }
    }
}

impl TryFrom<String> for Extension {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Extension> for String {
    fn from(extension: Extension) -> String {
        extension.0
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SIP address as text, checked only for its scheme; signaling reads the rest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SipUri(String);

impl SipUri {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The part between the scheme and the @, without parameters.
    pub fn user(&self) -> Option<&str> {
        let rest = self.0.split_once(':')?.1;
        let user = rest.split_once('@')?.0;
        Some(user.split(';').next().unwrap_or(user))
    }
}

impl FromStr for SipUri {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound =
            ["sip:", "sips:"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAddress("a SIP address starts with sip: or sips:"))
        }
    }
}

impl TryFrom<String> for SipUri {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SipUri> for String {
    fn from(uri: SipUri) -> String {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_number_is_normalised_to_e164() {
        assert_eq!(PhoneNumber::normalise("+1 (555) 010-0123").unwrap().as_str(), "+15550100123");
        assert_eq!(PhoneNumber::normalise("0015550100").unwrap().as_str(), "+15550100");
        assert!(PhoneNumber::normalise("555 0100").is_err());
    }

    #[test]
    fn a_service_number_is_dialed_without_the_plus() {
        assert_eq!("+112".parse::<PhoneNumber>().unwrap().dialed(), "112");
        assert_eq!("+15550100".parse::<PhoneNumber>().unwrap().dialed(), "+15550100");
    }

    #[test]
    fn the_debug_form_of_a_number_hides_it() {
        let number: PhoneNumber = "+15550100123".parse().unwrap();
        assert!(!format!("{number:?}").contains("555"));
    }

    #[test]
    fn the_user_of_a_sip_address_is_found() {
        let uri: SipUri = "sip:2001;phone-context=x@example.org:5060;transport=udp".parse().unwrap();
        assert_eq!(uri.user(), Some("2001"));
    }
}
