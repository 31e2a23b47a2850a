//! Files into the configured directory: whole or not at all.

use std::path::Path;

use crate::{DeliveryError, Parcel};

/// No file system of ours takes longer names.
const STEM_MAX: usize = 80;

/// A name without anything that could lead elsewhere: letters, digits, `-` and `_`, then a time, then the extension.
pub fn file_name(title: &str, stamp: &str, extension: &str) -> String {
    let kept = title.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' });
    let mut stem: String = kept.take(STEM_MAX).collect();
    while stem.contains("--") {
        stem = stem.replace("--", "-");
    }
    let stem = stem.trim_matches('-');
    let stem = if stem.is_empty() { "report" } else { stem };
    format!("{stem}-{stamp}.{extension}")
}

/// A reader of the directory never sees half a file: it is written under another name and renamed.
pub async fn drop_into(directory: &Path, parcel: &Parcel) -> Result<(), DeliveryError> {
    if parcel.file.contains(['/', '\\']) || parcel.file.starts_with('.') {
        return Err(DeliveryError::Refused("the file's name is not one".into()));
    }
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| DeliveryError::Failed(format!("{what}: {}", error.kind()))
    };
    tokio::fs::create_dir_all(directory).await.map_err(failed("the directory cannot be made"))?;
    let partial = directory.join(format!(".{}.part", parcel.file));
    let written = async {
        tokio::fs::write(&partial, &parcel.bytes).await?;
        tokio::fs::rename(&partial, directory.join(&parcel.file)).await
    };
    let written: std::io::Result<()> = written.await;
    if written.is_err() {
        // What is left of it would only cost disk.
        let _ = tokio::fs::remove_file(&partial).await;
    }
    written.map_err(failed("the file cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(file_name("../../etc/passwd", "20261121-0700", "csv"), "etc-passwd-20261121-0700.csv");
        assert_eq!(file_name("Wöchentlich: Lücken", "1", "xlsx"), "W-chentlich-L-cken-1.xlsx");
        assert_eq!(file_name("...", "1", "csv"), "report-1.csv");
        assert_eq!(file_name(&"a".repeat(500), "1", "csv").len(), STEM_MAX + 6);
    }

    #[tokio::test]
    async fn a_file_arrives_whole_and_a_name_that_climbs_is_refused() {
        let directory = std::env::temp_dir().join(format!("tandem-drop-{}", std::process::id()));
        let parcel = |file: &str| Parcel {
            title: "Gaps".into(),
            file: file.into(),
            media_type: "text/csv",
            bytes: b"a,b\n".to_vec(),
        };
        drop_into(&directory, &parcel("gaps-1.csv")).await.unwrap();
        assert_eq!(std::fs::read(directory.join("gaps-1.csv")).unwrap(), b"a,b\n");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        for climbing in ["../x.csv", "a/b.csv", ".hidden"] {
            let refused = drop_into(&directory, &parcel(climbing)).await;
            assert!(matches!(refused, Err(DeliveryError::Refused(_))), "{climbing}");
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
