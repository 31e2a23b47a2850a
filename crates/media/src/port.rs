//! Sockets: taking a pair of ports, and reading packets with the kernel's arrival stamp.

use std::{
    collections::BTreeSet,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket},
    os::fd::AsRawFd,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        socket::{
            ControlMessageOwned, MsgFlags, SockaddrLike, SockaddrStorage, recvmsg, setsockopt,
            sockopt::ReceiveTimestampns,
        },
        time::TimeSpec,
    },
};

use crate::{MediaError, PortRange};

/// Bytes of the largest datagram that is looked at; RTP voice stays far below.
pub(crate) const DATAGRAM_MAX: usize = 2_048;

/// An even port for RTP and the odd one above it for RTCP.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) rtp: UdpSocket,
    pub(crate) control: UdpSocket,
    pub(crate) port: u16,
}

/// Hands out ports in turn, so that a port just freed rests before a stray packet of the last call meets the next.
#[derive(Debug)]
pub(crate) struct Ports {
    bind: IpAddr,
    range: PortRange,
    next: u16,
    taken: BTreeSet<u16>,
}

impl Ports {
    pub(crate) fn new(bind: IpAddr, range: PortRange) -> Self {
        Self { bind, range, next: range.first & !1, taken: BTreeSet::new() }
    }

    pub(crate) fn take(&mut self) -> Result<Pair, MediaError> {
        let pairs = usize::from((self.range.last - self.range.first).div_ceil(2));
        for _ in 0..pairs.max(1) {
            let port = self.next;
            let after = port.checked_add(2).filter(|next| *next < self.range.last);
            self.next = after.unwrap_or(self.range.first & !1);
            if self.taken.contains(&port) {
                continue;
            }
            if let Ok(pair) = bind_pair(self.bind, port) {
                self.taken.insert(port);
                return Ok(pair);
            }
        }
        Err(MediaError::NoPort)
    }

    pub(crate) fn give_back(&mut self, port: u16) {
        self.taken.remove(&port);
    }
}

fn bind_pair(bind: IpAddr, port: u16) -> io::Result<Pair> {
    let open = |port: u16| -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind((bind, port))?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        Ok(socket)
    };
    let rtp = open(port)?;
    let control = open(port.checked_add(1).ok_or(io::ErrorKind::AddrInUse)?)?;
    Ok(Pair { rtp, control, port })
}

/// A packet as it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived {
    pub(crate) len: usize,
    pub(crate) from: SocketAddr,
    /// Wall-clock time at which the kernel took it.
    pub(crate) stamp: Option<Duration>,
}

/// Where packets are read into; one for a thread.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) bytes: [u8; DATAGRAM_MAX],
    control: Vec<u8>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; DATAGRAM_MAX], control: nix::cmsg_space!(TimeSpec) }
    }

    /// Takes the next waiting packet; none when nothing waits.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> Option<Arrived> {
        loop {
            let mut slices = [IoSliceMut::new(&mut self.bytes)];
            let got = recvmsg::<SockaddrStorage>(
                socket.as_raw_fd(),
                &mut slices,
                Some(&mut self.control),
                MsgFlags::MSG_DONTWAIT,
            );
            let message = match got {
                Ok(message) => message,
                Err(Errno::EINTR) => continue,
                Err(_) => return None,
            };
            let Some(from) = message.address.as_ref().and_then(socket_address) else { continue };
            let stamp = message.cmsgs().ok().and_then(|mut all| all.find_map(stamp_of));
            return Some(Arrived { len: message.bytes, from, stamp });
        }
    }
}

fn stamp_of(message: ControlMessageOwned) -> Option<Duration> {
    if let ControlMessageOwned::ScmTimestampns(time) = message { Some(Duration::from(time)) } else { None }
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    address.family()?;
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::V4(SocketAddrV4::new(v4.ip(), v4.port())));
    }
    let v6 = address.as_sockaddr_in6()?;
    Some(SocketAddr::V6(SocketAddrV6::new(v6.ip(), v6.port(), 0, v6.scope_id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_taken_in_turn_and_run_out() {
        let localhost = IpAddr::from([127, 0, 0, 1]);
        // A quiet corner: whatever in it is in use elsewhere only makes it smaller.
        let mut ports = Ports::new(localhost, PortRange { first: 30_900, last: 30_915 });
        let mut pairs = Vec::new();
        while let Ok(pair) = ports.take() {
            assert_eq!(pair.port % 2, 0);
            pairs.push(pair);
        }
        assert!((1..=8).contains(&pairs.len()));
        assert_eq!(ports.take().map(|pair| pair.port), Err(MediaError::NoPort));
        let freed = pairs.remove(0).port;
        ports.give_back(freed);
        assert_eq!(ports.take().map(|pair| pair.port), Ok(freed));
    }

    #[test]
    fn a_packet_comes_with_its_sender_and_the_kernels_stamp() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        setsockopt(&receiver, ReceiveTimestampns, &true).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.send_to(b"hello", receiver.local_addr().unwrap()).unwrap();
        let mut inbox = Inbox::new();
        let arrived = std::iter::repeat_with(|| inbox.receive(&receiver)).flatten().next().unwrap();
        assert_eq!(
            (&inbox.bytes[..arrived.len], arrived.from),
            (&b"hello"[..], sender.local_addr().unwrap())
        );
        let age = crate::clock::Clock::wall().checked_sub(arrived.stamp.unwrap()).unwrap();
        assert!(age < Duration::from_secs(5));
        assert!(inbox.receive(&receiver).is_none());
    }
}
