//! WAV files of one 16-bit channel at 8 kHz: what foreign phones speak from and write into.

use std::{fs, path::Path};

use super::{
    ear::Sound,
    error::Result,
    tone::{Oscillator, PILOT_DBFS, Pilot, RATE, to_i16},
};

const HEAD: usize = 44;

/// Writes `seconds` of a pilot.
pub fn write_pilot(path: &Path, pilot: Pilot, seconds: u32) -> Result<()> {
    let mut samples = vec![0.0; (RATE * seconds) as usize];
    Oscillator::new(pilot.hz(), PILOT_DBFS).fill(&mut samples);
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(HEAD + bytes as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(bytes + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&(RATE * 2).to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    samples.iter().for_each(|sample| file.extend_from_slice(&to_i16(*sample).to_le_bytes()));
    Ok(fs::write(path, file)?)
}

/// Reads a file that may still be growing, whose head therefore does not know its length yet.
pub fn read_growing(path: &Path) -> Result<Sound> {
    let file = fs::read(path)?;
    let samples = file.get(HEAD..).unwrap_or_default().chunks_exact(2);
    Ok(Sound(samples.map(|s| f64::from(i16::from_le_bytes([s[0], s[1]])) / f64::from(i16::MAX)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::place::Scratch;

    #[test]
    fn a_written_pilot_reads_back_at_its_level() {
        let directory = Scratch::new("wav").unwrap();
        let path = directory.join("pilot.wav");
        write_pilot(&path, Pilot::nth(3), 1).unwrap();
        let sound = read_growing(&path).unwrap();
        assert_eq!(sound.0.len(), RATE as usize);
        assert!((sound.pilot(Pilot::nth(3)) - PILOT_DBFS).abs() < 0.1);
    }
}
