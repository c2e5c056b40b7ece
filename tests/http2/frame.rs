//! Frames of HTTP/2 (RFC 9113), as far as the tests need them.

use std::io::{self, Read};

/// Bytes that a client sends first.
pub const PREFACE: usize = 24;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

pub const NO_ERROR: u32 = 0;
pub const INTERNAL_ERROR: u32 = 2;
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;
pub const ENHANCE_YOUR_CALM: u32 = 11;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// A frame as it arrived.
pub struct Frame {
    pub kind: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
    flags: u8,
}

impl Frame {
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 9];
        from.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        from.read_exact(&mut payload)?;
        Ok(Self { kind, stream: u32::from_be_bytes(stream) & !(1 << 31), payload, flags })
    }

    /// Returns whether a frame of headers or data is the last of its request.
    pub fn ends_stream(&self) -> bool {
        self.flags & END_STREAM != 0
    }

    /// Returns whether settings or a ping answer ours.
    pub fn is_ack(&self) -> bool {
        self.flags & ACK != 0
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = &(payload.len() as u32).to_be_bytes()[1..];
    [length, &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub fn settings(max_streams: u32, window: u32) -> Vec<u8> {
    let setting = |id: u16, value: u32| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(SETTINGS, 0, 0, &[setting(3, max_streams), setting(4, window)].concat())
}

pub fn settings_ack() -> Vec<u8> {
    frame(SETTINGS, ACK, 0, b"")
}

pub fn pong(ping: &[u8]) -> Vec<u8> {
    frame(PING, ACK, 0, ping)
}

pub fn window_update(stream: u32, bytes: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes())
}

/// The status 200 is entry 8 of HPACK's static table.
pub fn status_200(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &[0x88])
}

pub fn data(stream: u32, part: &[u8], ends_stream: bool) -> Vec<u8> {
    frame(DATA, if ends_stream { END_STREAM } else { 0 }, stream, part)
}

pub fn reset(stream: u32, error: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &error.to_be_bytes())
}

pub fn go_away(last_stream: u32, error: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last_stream.to_be_bytes(), error.to_be_bytes()].concat())
}
