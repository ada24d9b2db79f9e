//! Requests on a connection, and records in a file. A record is a request and its checksum.

use std::{io, sync::Arc};

use compio::io::{AsyncBufRead, BufReader};
use compio::net::TcpStream;

/// The maximum length of a request in bytes, without the end of its line.
const MAX_LENGTH: usize = 65_536;

pub(crate) enum Request<'a> {
    Get(&'a str),
    /// Sets the value of a key, or deletes the key if there is no value.
    Write(&'a str, Option<&'a str>),
}

pub(crate) fn parse(line: &[u8]) -> Result<Request<'_>, String> {
    if line.len() > MAX_LENGTH {
        return Err(format!("the request exceeds {MAX_LENGTH} bytes"));
    }
    let line = std::str::from_utf8(line).map_err(|error| format!("not UTF-8: {error}"))?;
    match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
        ["GET", key] if !key.is_empty() => Ok(Request::Get(key)),
        ["SET", key, value] if !key.is_empty() => Ok(Request::Write(key, Some(value))),
        ["DEL", key] if !key.is_empty() => Ok(Request::Write(key, None)),
        _ => Err("expected 'GET key', 'SET key value' or 'DEL key'".to_owned()),
    }
}

/// Reads a line, or `None` at the end. Of a request that is too long, it keeps only the start.
pub(crate) async fn read_line(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let read = reader.fill_buf().await?;
        if read.is_empty() {
            return Ok(None);
        }
        let end = read.iter().position(|byte| *byte == b'\n');
        let length = end.unwrap_or(read.len());
        line.extend_from_slice(&read[..length.min(MAX_LENGTH + 1 - line.len())]);
        reader.consume(length + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

/// Appends a record to the contents of a file.
pub(crate) fn push_record(file: &mut Vec<u8>, request: &[u8]) {
    let checksum = format!("{:08x} ", crc32fast::hash(request));
    file.extend([checksum.as_bytes(), request, b"\n"].concat());
}

/// Removes the first record from the contents of a file. Returns `None` if the record is torn.
pub(crate) fn pop_record(file: &mut &[u8]) -> Option<(String, Option<Arc<str>>)> {
    let end = file.iter().position(|byte| *byte == b'\n')?;
    let (checksum, request) = file[..end].split_at_checked(9)?;
    let intact = checksum == format!("{:08x} ", crc32fast::hash(request)).as_bytes();
    let Some(Ok(Request::Write(key, value))) = intact.then(|| parse(request)) else { return None };
    *file = &file[end + 1..];
    Some((key.to_owned(), value.map(Into::into)))
}
