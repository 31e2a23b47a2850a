//! A signed POST to a web hook. It follows no redirect, and goes to the very addresses that were checked.

use std::{net::SocketAddr, time::Duration};

use hmac::{Hmac, Mac as _};
use reqwest::{StatusCode, Url, redirect::Policy};
use sha2::Sha256;
use terms::Timestamp;

use crate::{DeliveryError, Parcel, reach::is_public};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Where to, and what the body is signed with.
#[derive(Clone, Debug)]
pub struct Hook<'a> {
    pub url: &'a str,
    pub secret: &'a str,
    /// The same for every try, so that the receiver knows a repetition.
    pub delivery: &'a str,
    pub private: bool,
}

/// `t=<seconds>,v1=<hex>`: HMAC-SHA256 over the seconds, a dot and the body. A receiver refuses what is old.
pub fn signature(secret: &str, now: Timestamp, body: &[u8]) -> Result<String, DeliveryError> {
    let seconds = now.ms().div_euclid(1_000);
    let refused = |_| DeliveryError::Refused("the secret is none".into());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(refused)?;
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("t={seconds},v1={hex}"))
}

fn refused(text: &str) -> DeliveryError {
    DeliveryError::Refused(text.to_owned())
}

/// What is wrong with a web hook's address, before anything is looked up.
pub fn check_url(url: &str) -> Result<(), DeliveryError> {
    read(url).map(|_| ())
}

fn read(url: &str) -> Result<Url, DeliveryError> {
    let url = Url::parse(url).map_err(|_| refused("the address is none"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("the address must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("the address must not carry a name or password"));
    }
    Ok(url)
}

/// The addresses of the host; all must be public, or the answer to the next look-up may be another one.
async fn addresses(url: &Url, private: bool) -> Result<(String, Vec<SocketAddr>), DeliveryError> {
    let host = url.host_str().ok_or_else(|| refused("the address names no host"))?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| refused("the address names no port"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let found: Vec<SocketAddr> = tokio::net::lookup_host((bare.as_str(), port))
        .await
        .map_err(|_| DeliveryError::Failed("the host's name is not known".into()))?
        .collect();
    if found.is_empty() {
        return Err(DeliveryError::Failed("the host has no address".into()));
    }
    if !private && !found.iter().all(|address| is_public(address.ip())) {
        return Err(refused("the address is a private one, which the configuration does not allow"));
    }
    Ok((host, found))
}

pub async fn post(hook: &Hook<'_>, parcel: &Parcel, now: Timestamp) -> Result<(), DeliveryError> {
    let url = read(hook.url)?;
    let (host, found) = addresses(&url, hook.private).await?;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .resolve_to_addrs(&host, &found)
        .build()
        .map_err(|_| DeliveryError::Failed("the client cannot be made".into()))?;
    let signed = signature(hook.secret, now, &parcel.bytes)?;
    let request = client
        .post(url)
        .header("content-type", parcel.media_type)
        .header("content-disposition", format!("attachment; filename=\"{}\"", parcel.file))
        .header("tandem-signature", signed)
        .header("tandem-delivery", hook.delivery)
        .body(parcel.bytes.clone());
    let failed = |error: reqwest::Error| {
        let why = if error.is_timeout() { "no answer in time" } else { "the host could not be reached" };
        DeliveryError::Failed(why.into())
    };
    judged(request.send().await.map_err(failed)?.status())
}

fn judged(status: StatusCode) -> Result<(), DeliveryError> {
    let again = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    if status.is_success() {
        Ok(())
    } else if again {
        Err(DeliveryError::Failed(format!("the web hook answered {}", status.as_u16())))
    } else {
        Err(DeliveryError::Refused(format!("the web hook answered {}", status.as_u16())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_123);

    fn parcel() -> Parcel {
        Parcel {
            title: "Gaps".into(),
            file: "gaps-1.csv".into(),
            media_type: "text/csv",
            bytes: b"a,b\n".to_vec(),
        }
    }

    #[test]
    fn a_signature_is_what_anybody_can_compute_from_the_secret() {
        // printf '1700000000.a,b\n' | openssl dgst -sha256 -hmac secret
        let expected = "t=1700000000,v1=9e809f82fd82361850657ae24a77490c271f6b89b785423f905dda3326845bf8";
        assert_eq!(signature("secret", NOW, b"a,b\n").unwrap(), expected);
    }

    #[tokio::test]
    async fn an_address_that_leads_into_the_house_is_refused_before_a_byte_leaves() {
        for url in [
            "http://127.0.0.1:1/x",
            "http://localhost:1/x",
            "http://[::1]:1/x",
            "http://169.254.169.254/latest/meta-data",
            "http://2130706433/",
            "http://0x7f.1/",
            "ftp://93.184.216.34/",
            "file:///etc/passwd",
            "http://user:pass@93.184.216.34/",
            "nonsense",
        ] {
            let hook = Hook { url, secret: "s", delivery: "1", private: false };
            let posted = post(&hook, &parcel(), NOW).await;
            assert!(matches!(posted, Err(DeliveryError::Refused(_))), "{url}: {posted:?}");
        }
    }

    #[test]
    fn only_what_may_go_better_is_tried_again() {
        assert_eq!(judged(StatusCode::NO_CONTENT), Ok(()));
        for again in [500, 503, 429, 408] {
            let judged = judged(StatusCode::from_u16(again).unwrap());
            assert!(matches!(judged, Err(DeliveryError::Failed(_))), "{again}");
        }
        for never in [301, 302, 400, 401, 404, 410] {
            let judged = judged(StatusCode::from_u16(never).unwrap());
            assert!(matches!(judged, Err(DeliveryError::Refused(_))), "{never}");
        }
    }
}
