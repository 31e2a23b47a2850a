//! A certificate authority of this house's own, for HTTPS without a bought certificate: made at the first start, kept
//! beside the journal, and good for whoever trusts it.

use std::{
    fs,
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use terms::Timestamp;

use crate::config::Config;

/// How long the authority is good, in years; the server's own certificate is made anew at every start.
const AUTHORITY_YEARS: i32 = 10;
const MS_PER_YEAR: i64 = 31_556_952_000;

/// The `http` section with a certificate: the configured one, or one that this server makes.
pub(crate) fn with_certificate(config: &Config, now: Timestamp) -> anyhow::Result<api::Config> {
    let mut http = config.http.clone();
    let Some(tls) = &mut http.tls else { return Ok(http) };
    match (&tls.certificate, &tls.key) {
        (Some(_), Some(_)) => {}
        (None, None) => {
            let directory = config.journal.path.with_file_name("tls");
            let names = names(config, tls.listen);
            let (certificate, key) =
                issue(&directory, names, year(now)).context("a certificate for http.tls")?;
            tracing::info!(
                file.path = %directory.join(AUTHORITY).display(),
                "HTTPS by this server's own authority: browsers trust it once this file is among their authorities"
            );
            (tls.certificate, tls.key) = (Some(certificate), Some(key));
        }
        _ => anyhow::bail!("http.tls takes both certificate and key, or neither"),
    }
    Ok(http)
}

const AUTHORITY: &str = "authority.pem";

fn year(now: Timestamp) -> i32 {
    i32::try_from(1970 + now.ms() / MS_PER_YEAR).unwrap_or(1970)
}

/// What this server is called by other computers.
fn names(config: &Config, listen: SocketAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string(), "::1".to_owned()];
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let addresses = [Some(listen.ip()), outward(), config.sip.external_address];
    let addresses = addresses.into_iter().flatten().filter(|ip| !ip.is_unspecified());
    names.extend(addresses.map(|ip| ip.to_string()));
    names.extend(Some(host.trim().to_owned()).filter(|host| !host.is_empty()));
    names.sort();
    names.dedup();
    names
}

/// The address of the interface that leads outward; nothing is sent to find it.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// A certificate for these names, signed by the authority in that directory, which is made when it is not there.
fn issue(directory: &Path, names: Vec<String>, year: i32) -> anyhow::Result<(PathBuf, PathBuf)> {
    fs::create_dir_all(directory)?;
    let (kept, key_file) = (directory.join(AUTHORITY), directory.join("authority.key"));
    let key = match fs::read_to_string(&key_file) {
        Ok(pem) => KeyPair::from_pem(&pem).with_context(|| format!("reading {}", key_file.display()))?,
        Err(_) => {
            let key = KeyPair::generate()?;
            write_secret(&key_file, &key.serialize_pem())?;
            key
        }
    };
    let authority = authority(year);
    if !kept.is_file() {
        fs::write(&kept, authority.self_signed(&key)?.pem())?;
    }
    let issuer = Issuer::new(authority, key);
    let own_key = KeyPair::generate()?;
    let mut own = CertificateParams::new(names)?;
    own.distinguished_name.push(DnType::CommonName, "Tandem");
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.use_authority_key_identifier_extension = true;
    // Some browsers refuse what is good for more than 825 days.
    own.not_before = date_time_ymd(year - 1, 12, 1);
    own.not_after = date_time_ymd(year + 1, 12, 31);
    let certificate = directory.join("server.pem");
    fs::write(&certificate, own.signed_by(&own_key, &issuer)?.pem())?;
    let own_file = directory.join("server.key");
    write_secret(&own_file, &own_key.serialize_pem())?;
    Ok((certificate, own_file))
}

fn authority(year: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Tandem of this house");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(year - 1, 12, 1);
    params.not_after = date_time_ymd(year + AUTHORITY_YEARS, 12, 31);
    params
}

/// For this user's eyes only.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_authority_stays_over_starts_and_the_certificate_is_renewed() {
        let directory = std::env::temp_dir().join(format!("tandem-tls-{}", std::process::id()));
        let (certificate, key) = issue(&directory, vec!["localhost".into()], 2026).unwrap();
        let first = (fs::read(directory.join(AUTHORITY)).unwrap(), fs::read(&certificate).unwrap());
        issue(&directory, vec!["localhost".into(), "192.0.2.7".into()], 2027).unwrap();
        let second = (fs::read(directory.join(AUTHORITY)).unwrap(), fs::read(&certificate).unwrap());
        assert_eq!(first.0, second.0);
        assert_ne!(first.1, second.1);
        for secret in [key, directory.join("authority.key")] {
            assert_eq!(fs::metadata(secret).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_year_is_read_off_the_clock() {
        assert_eq!(year(Timestamp::from_ms(0)), 1970);
        assert_eq!(year(Timestamp::from_ms(1_795_000_000_000)), 2026);
    }
}
