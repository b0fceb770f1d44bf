//! Writes the segments of a recording for Wireshark, each with the call that caused it.
//! The format: draft-ietf-opsawg-pcapng.

use std::borrow::Cow;
use std::io::{self, Write};

use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{Endianness, PcapError};

use crate::recording::{Recording, Segment, Step};

/// More characters than anyone reads in a packet's comment; an option holds 65535 bytes.
const LONGEST_COMMENT: usize = 2000;

/// Writes every segment of a recording, in order, as a pcapng file.
///
/// A recording that was read from JSON has no packets: that is [`io::ErrorKind::InvalidInput`].
pub fn write(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    write_blocks(recording, out).map_err(|error| match error {
        PcapError::IoError(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidInput, other),
    })
}

fn write_blocks(recording: &Recording, out: &mut impl Write) -> Result<(), PcapError> {
    let mut file = PcapNgWriter::with_section_header(
        out,
        SectionHeaderBlock {
            endianness: Endianness::native(),
            options: vec![SectionHeaderOption::UserApplication("stepper".into())],
            ..SectionHeaderBlock::default()
        },
    )?;
    file.write_pcapng_block(InterfaceDescriptionBlock {
        linktype: DataLink::RAW, // a packet begins with its IP header, of either version
        snaplen: 0,
        options: vec![
            InterfaceDescriptionOption::IfName("lo".into()),
            InterfaceDescriptionOption::IfTsResol(9), // nanoseconds, which is what the crate writes
        ],
    })?;
    for step in &recording.steps {
        for segment in &step.segments {
            if segment.packet.is_empty() {
                return Err(PcapError::InvalidField(
                    "the recording has lost its packets: it was read from a file",
                ));
            }
            file.write_pcapng_block(EnhancedPacketBlock {
                interface_id: 0,
                timestamp: segment.time,
                original_len: segment.packet.len() as u32,
                data: Cow::Borrowed(&segment.packet),
                options: vec![EnhancedPacketOption::Comment(comment(recording, step, segment).into())],
            })?;
        }
    }
    Ok(())
}

/// `step 12, client: write(3, "abcdefg\n", 8) = 8`
#[must_use]
pub fn comment(recording: &Recording, step: &Step, segment: &Segment) -> String {
    let process = recording.processes.get(step.process).map_or("?", |process| &process.name);
    let dropped = if segment.dropped { "dropped on arrival; " } else { "" };
    let mut comment = format!("{dropped}step {}, {process}: {}", step.n, step.text());
    if let Some((end, _)) = comment.char_indices().nth(LONGEST_COMMENT) {
        comment.truncate(end);
        comment.push('…');
    }
    comment
}
