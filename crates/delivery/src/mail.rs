//! A mail with the file attached, over the configured SMTP server.

use std::{fmt, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use serde::{Deserialize, Serialize};

use crate::{DeliveryError, Parcel};

const TIMEOUT: Duration = Duration::from_secs(30);

/// How the line to the mail server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Plain, then encrypted before anything is said (port 587).
    #[default]
    Starttls,
    /// Encrypted from the first byte (port 465).
    Tls,
    /// For a relay on the same machine.
    None,
}

/// The `mail` section of the configuration file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Empty: no mail is sent.
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub username: String,
    pub password: String,
    /// Like `Tandem <reports@example.org>`.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        let empty = String::new;
        Self {
            host: empty(),
            port: 587,
            security: Security::default(),
            username: empty(),
            password: empty(),
            from: empty(),
        }
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Mail {
    pub fn is_configured(&self) -> bool {
        !self.host.is_empty()
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, DeliveryError> {
        let broken = |_| DeliveryError::Refused("mail.host is no name of a server".into());
        let parameters = || TlsParameters::new(self.host.clone()).map_err(broken);
        let tls = match self.security {
            Security::None => Tls::None,
            Security::Starttls => Tls::Required(parameters()?),
            Security::Tls => Tls::Wrapper(parameters()?),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .timeout(Some(TIMEOUT))
            .tls(tls);
        let named = !self.username.is_empty();
        let credentials = || Credentials::new(self.username.clone(), self.password.clone());
        Ok(if named { builder.credentials(credentials()) } else { builder }.build())
    }
}

/// Whether it reads as one mail address.
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

pub async fn send(mail: &Mail, to: &[String], text: &str, parcel: &Parcel) -> Result<(), DeliveryError> {
    if !mail.is_configured() {
        return Err(DeliveryError::Refused("mail is not configured on this server (mail.host)".into()));
    }
    let refused = |what: &str| DeliveryError::Refused(what.to_owned());
    let from: Mailbox = mail.from.parse().map_err(|_| refused("mail.from is no mail address"))?;
    let mut message = Message::builder().from(from).subject(parcel.title.clone());
    for address in to {
        let address: Mailbox = address.parse().map_err(|_| refused("a recipient is no mail address"))?;
        message = message.to(address);
    }
    let kind = ContentType::parse(parcel.media_type).map_err(|_| refused("the file is of no kind"))?;
    let attached = Attachment::new(parcel.file.clone()).body(parcel.bytes.clone(), kind);
    let parts = MultiPart::mixed().singlepart(SinglePart::plain(text.to_owned())).singlepart(attached);
    let message = message.multipart(parts).map_err(|_| refused("the mail cannot be written"))?;
    mail.transport()?.send(message).await.map(|_| ()).map_err(|error| {
        // The server's words may name people; its code does not.
        let code = error.status().map_or_else(String::new, |code| format!(" ({code})"));
        if error.is_permanent() {
            DeliveryError::Refused(format!("the mail server refused it{code}"))
        } else {
            DeliveryError::Failed(format!("the mail server could not take it{code}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
    };

    use super::*;

    /// Takes one mail and hands back what it was told.
    async fn sink(listener: TcpListener, answer_to_data: &str) -> Vec<String> {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        let mut told = Vec::new();
        write.write_all(b"220 sink\r\n").await.unwrap();
        let mut in_data = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match (in_data, line.as_str()) {
                (true, ".") => {
                    in_data = false;
                    answer_to_data.to_owned()
                }
                (true, _) => String::new(),
                (false, "DATA") => {
                    in_data = true;
                    "354 go on\r\n".into()
                }
                (false, "QUIT") => "221 bye\r\n".into(),
                (false, _) => "250 ok\r\n".into(),
            };
            told.push(line.clone());
            write.write_all(answer.as_bytes()).await.unwrap();
            if line == "QUIT" {
                break;
            }
        }
        told
    }

    async fn mailed(answer_to_data: &'static str) -> (Result<(), DeliveryError>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sink = tokio::spawn(sink(listener, answer_to_data));
        let mail = Mail {
            host: "127.0.0.1".into(),
            port,
            security: Security::None,
            from: "Tandem <reports@example.org>".into(),
            ..Mail::default()
        };
        let parcel = Parcel {
            title: "Gaps of last week".into(),
            file: "gaps-1.csv".into(),
            media_type: "text/csv; charset=utf-8",
            bytes: b"subject,calls\nPlan,10\n".to_vec(),
        };
        let to = ["nora@example.org".to_owned(), "max@example.org".to_owned()];
        let sent = send(&mail, &to, "Your report.", &parcel).await;
        // Nothing more comes from it.
        (sent, sink.await.unwrap())
    }

    #[tokio::test]
    async fn a_mail_carries_the_file_to_everybody_named() {
        let (sent, told) = mailed("250 taken\r\n").await;
        assert_eq!(sent, Ok(()));
        let whole = told.join("\n");
        for part in [
            "MAIL FROM:<reports@example.org>",
            "RCPT TO:<nora@example.org>",
            "RCPT TO:<max@example.org>",
            "Subject: Gaps of last week",
            "Your report.",
            "filename=\"gaps-1.csv\"",
            "subject,calls",
        ] {
            assert!(whole.contains(part), "{part}\n{whole}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_a_full_server_is_not() {
        assert!(matches!(mailed("554 no\r\n").await.0, Err(DeliveryError::Refused(_))));
        assert!(matches!(mailed("451 later\r\n").await.0, Err(DeliveryError::Failed(_))));
    }

    #[tokio::test]
    async fn without_a_server_no_mail_is_promised() {
        let parcel =
            Parcel { title: "x".into(), file: "x.csv".into(), media_type: "text/csv", bytes: vec![] };
        let sent = send(&Mail::default(), &["a@example.org".into()], "", &parcel).await;
        assert!(matches!(sent, Err(DeliveryError::Refused(_))));
    }
}
