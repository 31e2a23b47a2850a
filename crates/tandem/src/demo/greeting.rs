//! What a newcomer reads, and a baresip directory that works as it stands.

use std::{fmt::Write as _, fs, net::SocketAddr, path::Path};

use anyhow::Context;

use super::{
    people::{ADMINISTRATOR, PASSWORD, PEOPLE, Person, Played},
    voice::{RATE, Voice},
};

/// The agent whose phone the printed command registers.
const NEWCOMER: &str = "dora";
/// The supervisor the printed commands sign in as.
const COACH: &str = "maya";
/// Within the data directory.
const BARESIP: &str = "baresip";
/// Where Debian and the upstream install put baresip's modules.
const MODULES: [&str; 2] = ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"];
/// Where Linux shows its sound cards.
const SOUND_CARDS: &str = "/dev/snd";
/// How long baresip has something to say: it ends the call with its sound file.
const SPEECH_S: usize = 600;

pub(super) fn text(http: SocketAddr, sip: SocketAddr, data: &Path) -> String {
    let mut text = format!(
        "\nThe practice is open, on this machine only. Ctrl-C closes it; its data stays in {data}.\n\n\
         \x20 HTTP  http://{http}   (read and try the API: http://{http}/docs)\n\
         \x20 SIP   {sip} over UDP\n\n\
         Sign in, and register phones, with the password \"{PASSWORD}\". Free for you:\n",
        data = data.display()
    );
    for person in PEOPLE.iter().filter(|person| person.played != Played::ByUs) {
        line(&mut text, person);
    }
    let _ = writeln!(text, "  {ADMINISTRATOR:<6} Administrator");
    text.push_str("Played by the practice, with phones that answer by themselves:\n");
    for person in PEOPLE.iter().filter(|person| person.played == Played::ByUs) {
        line(&mut text, person);
    }
    let _ = write!(
        text,
        "\nBe an agent: register {NEWCOMER}'s phone; a customer rings soon (a answers, b hangs up, q leaves).\n\
         \x20 baresip -f {directory}\n\
         Missed one? Then {NEWCOMER} is offered no more until she chooses a status (PUT /v1/me/presence in /docs).\n\
         \nThree commands for another terminal: a token for the supervisor {COACH}, the linked records, and a whisper to an\n\
         agent who talks to a customer right now ({COACH}'s practice phone answers for you; 404 when nobody talks, try again).\n\n\
         \x20 TOKEN=$(curl -s -d grant_type=password -d username={COACH} -d password={PASSWORD} http://{http}/oauth/token \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n\n\
         \x20 curl -s -H \"Authorization: Bearer $TOKEN\" 'http://{http}/v1/voice-calls?limit=10'\n\n\
         \x20 curl -s -X POST -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{{\"mode\":\"whisper\"}}' \
         \"http://{http}/v1/conversations/$(curl -s -H \"Authorization: Bearer $TOKEN\" http://{http}/v1/conversations \
         | grep -o '\"id\":\"[^\"]*\",\"version\":[0-9]*,\"state\":\"connected\"' | head -1 | cut -d'\"' -f4)/coaching\"\n\n",
        directory = quoted(&data.join(BARESIP)),
    );
    text
}

fn line(text: &mut String, person: &Person) {
    let extension = person.extension.map(|extension| format!(", extension {extension}")).unwrap_or_default();
    let _ = writeln!(text, "  {:<6} {}{extension}", person.username, person.display_name);
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Writes the configuration that the printed command names.
/// Without a sound card the phone says a practice voice and keeps what it hears in files there.
pub(super) fn prepare_baresip(data: &Path, sip: SocketAddr) -> anyhow::Result<()> {
    let directory = data.join(BARESIP);
    fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
    let directory = directory.canonicalize()?;
    let modules = MODULES.into_iter().find(|path| Path::new(path).is_dir());
    let mut config = String::from(
        "# Written anew at every start of the practice.\n\
         poll_method epoll\nsip_listen 127.0.0.1:0\nnet_interface 127.0.0.1\nrtp_ports 32000-60000\n\
         audio_buffer 20-160\njitter_buffer_delay 1-5\n",
    );
    if let Some(modules) = modules {
        let _ = writeln!(config, "module_path {modules}");
    }
    config.push_str(
        "module stdio.so\nmodule g711.so\nmodule_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n",
    );
    if Path::new(SOUND_CARDS).exists() {
        config.push_str("module alsa.so\naudio_player alsa,default\naudio_source alsa,default\naudio_alert alsa,default\n");
    } else {
        let speech = directory.join("speech.wav");
        if !speech.is_file() {
            let phrases = Voice::nth(PEOPLE.len() * 2).samples();
            let long: Vec<i16> = phrases.iter().copied().cycle().take(SPEECH_S * RATE).collect();
            fs::write(&speech, wav(&long))?;
        }
        let _ = write!(
            config,
            "module aufile.so\nmodule sndfile.so\naudio_source aufile,{}\nsnd_path {}\n",
            speech.display(),
            directory.display()
        );
    }
    let account = format!(
        "<sip:{NEWCOMER}@{sip};transport=udp>;auth_pass={PASSWORD};regint=300;answermode=manual;audio_codecs=PCMU,PCMA;ptime=20\n"
    );
    for (name, text) in [("config", config.as_str()), ("accounts", account.as_str()), ("contacts", "")] {
        fs::write(directory.join(name), text).with_context(|| format!("writing baresip's {name}"))?;
    }
    Ok(())
}

/// One mono sound of 16 bits (the canonical 44 bytes of a RIFF header first).
fn wav(samples: &[i16]) -> Vec<u8> {
    let (rate, bytes) = (RATE as u32, samples.len() as u32 * 2);
    let mut file = Vec::with_capacity(samples.len() * 2 + 44);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    for word in [16_u32, 0x0001_0001, rate, rate * 2, 0x0010_0002] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    samples.iter().for_each(|sample| file.extend_from_slice(&sample.to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_reads_who_is_free_and_what_to_type() {
        let text =
            text("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:5060".parse().unwrap(), Path::new("a b"));
        for wanted in [
            "http://127.0.0.1:8080/docs",
            "127.0.0.1:5060",
            "dora",
            "maya",
            "admin",
            "baresip -f 'a b/baresip'",
            "-d '{\"mode\":\"whisper\"}'",
        ] {
            assert!(text.contains(wanted), "{wanted} is missing in {text}");
        }
        assert_eq!(text.matches("curl -s").count(), 4);
    }

    #[test]
    fn a_sound_file_says_how_long_it_is() {
        let file = wav(&[1, -1]);
        assert_eq!(file.len(), 48);
        assert_eq!(file[4..8], 40_u32.to_le_bytes());
        assert_eq!(file[20..24], [1, 0, 1, 0]);
        assert_eq!(file[32..36], [2, 0, 16, 0]);
        assert_eq!(file[44..], [1, 0, 255, 255]);
    }
}
