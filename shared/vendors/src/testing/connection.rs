//! One connection of the server: HTTP/1.1 as far as the tests need it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::Mutex,
};

use tokio::sync::watch;

use super::exchange::{Handler, Say, Seen};

/// Serves one connection until either side has had enough.
pub fn serve(
    stream: TcpStream,
    connection: usize,
    handler: &Handler,
    record: &Mutex<Vec<Seen>>,
    counter: &watch::Sender<usize>,
) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for place in 0.. {
        let Some(seen) = read(&mut reader, connection, place) else { return };
        let say = handler(&seen);
        record.lock().unwrap().push(seen);
        counter.send_modify(|count| *count += 1);
        if !perform(say, &stream, &mut reader) {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>, connection: usize, place: usize) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, path, headers, body, connection, place })
}

/// Whether the connection goes on.
fn perform(say: Say, mut stream: &TcpStream, reader: &mut BufReader<TcpStream>) -> bool {
    let mut write = |status: u16, headers: &[(&str, String)], length: usize, body: &[u8]| {
        let mut head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).is_ok()
    };
    match say {
        Say::Answer { status, headers, body } => write(status, &headers, body.len(), &body),
        Say::Half { status, body } => {
            write(status, &[], body.len(), &body[..body.len() / 2]);
            false
        }
        Say::Leave { status } => {
            write(status, &[], 0, b"");
            false
        }
        Say::Close => false,
        // until the other side has had enough
        Say::Hang => {
            reader.read(&mut [0]).unwrap_or_default();
            false
        }
    }
}
