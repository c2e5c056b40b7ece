//! The clients' own connections: they note what they get, and acknowledge it or not.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use curlew_tests::history::{Answer, ConnectionName, Request, Seen, What};
use serde_json::{Value, json};
use shared::{
    domain::id::{DeviceId, MessageId, SessionId, UserId},
    ports::clock::Clock,
};

use super::{
    story::{DEVICES, Who},
    world::World,
};

/// The open connections.
#[derive(Default)]
pub struct Sockets {
    open: RefCell<BTreeMap<SessionId, Socket>>,
    opened: RefCell<usize>,
}

#[derive(Clone)]
struct Socket {
    who: Who,
    device: u8,
    acks: bool,
}

impl World {
    /// Connects a device. Another connection of the device stays, as on a phone that changes its network.
    pub async fn connect(&self, who: Who, device: u8, acks: bool) {
        let Some(token) = self.user_token(who).await else {
            return;
        };
        let id = self.next_connection();
        let (app, user) = (self.app(who.app), user(who));
        let asked = Request::Connect { user, device: device_id(device), connection: name(&id) };
        let call = self.recorder.ask(&app, asked);
        let query = json!({
            "org": app.org(), "app": app.app(), "device_id": device_id(device), "token": token,
        });
        let context = json!({
            "routeKey": "$connect", "eventType": "CONNECT", "connectionId": id, "stage": "live",
            "connectedAt": self.services.clock.now(),
        });
        let event = json!({
            "requestContext": context, "headers": {}, "queryStringParameters": query, "isBase64Encoded": false,
        });
        // API Gateway opens the connection when the function accepts it.
        let answered = self.socket_event(event).await;
        let status = answered.and_then(|answer| answer["statusCode"].as_u64()).unwrap_or(500);
        let answer = match status {
            200 => {
                self.services.connections.open(&id);
                self.sockets.open.borrow_mut().insert(id, Socket { who, device, acks });
                Answer::Accepted
            }
            400..500 => Answer::Refused { status: status as u16 },
            _ => Answer::Unknown,
        };
        self.recorder.answer(call, answer);
    }

    /// Ends the connections of a device, with a close frame or without.
    pub async fn disconnect(&self, who: Who, device: u8, clean: bool) {
        let of_device =
            |(id, socket): (&SessionId, &Socket)| (socket.who == who && socket.device == device).then(|| id.clone());
        let ids: Vec<SessionId> = self.sockets.open.borrow().iter().filter_map(of_device).collect();
        for id in ids {
            self.services.connections.lose(&id);
            self.ended(&id, clean).await;
        }
    }

    /// Ends every connection with a close frame.
    pub async fn disconnect_all(&self) {
        let ids: Vec<SessionId> = self.sockets.open.borrow().keys().cloned().collect();
        for id in ids {
            self.services.connections.lose(&id);
            self.ended(&id, true).await;
        }
    }

    /// Reads frames, and notices closed connections, for as long as the run lasts.
    pub async fn serve_sockets(self: std::rc::Rc<Self>) {
        loop {
            self.services.connections.changed().await;
            let all: Vec<(SessionId, Socket)> = {
                let open = self.sockets.open.borrow();
                open.iter().map(|(id, socket)| (id.clone(), socket.clone())).collect()
            };
            for (id, socket) in all {
                let got = self.read(&id, &socket);
                if !got.is_empty() && socket.acks {
                    let world = self.clone();
                    let id = id.clone();
                    tokio::task::spawn_local(async move { world.acknowledge_over(&id, &socket, got).await });
                }
                if !self.services.connections.is_open(&id) {
                    let world = self.clone();
                    tokio::task::spawn_local(async move { world.ended(&id, true).await });
                }
            }
        }
    }

    /// Notes the messages that a connection got. Returns their ids.
    fn read(&self, id: &SessionId, socket: &Socket) -> Vec<MessageId> {
        let mut got = Vec::new();
        for frame in self.services.connections.take(id) {
            let frame: Value = serde_json::from_str(&frame).unwrap();
            if frame["kind"] != "message" && frame["kind"] != "push" {
                continue;
            }
            let message = seen(&frame["message"]);
            got.push(message.id);
            self.recorder.add(What::Frame {
                app: self.app(socket.who.app),
                user: user(socket.who),
                device: device_id(socket.device),
                connection: name(id),
                message,
            });
        }
        got
    }

    async fn acknowledge_over(&self, id: &SessionId, socket: &Socket, ids: Vec<MessageId>) {
        tokio::time::sleep(Duration::from_millis(self.random.between(1, 400))).await;
        if !self.services.connections.is_open(id) {
            return;
        }
        let body = json!({"action": "ack", "msg_ids": ids}).to_string();
        let connection = Some(name(id));
        let ack = Request::Ack { user: user(socket.who), messages: ids, connection };
        let call = self.recorder.ask(&self.app(socket.who.app), ack);
        let context = json!({"eventType": "MESSAGE", "connectionId": id, "connectedAt": 1});
        let answered =
            self.socket_event(json!({"requestContext": context, "body": body, "isBase64Encoded": false})).await;
        let frame = answered.and_then(|answer| serde_json::from_str::<Value>(answer["body"].as_str()?).ok());
        let answer = match frame {
            Some(frame) if frame["kind"] == "acked" => Answer::Accepted,
            _ => Answer::Unknown,
        };
        self.recorder.answer(call, answer);
    }

    /// Notes that a connection ended. API Gateway tells the function of a close frame.
    async fn ended(&self, id: &SessionId, tells: bool) {
        if self.sockets.open.borrow_mut().remove(id).is_none() {
            return;
        }
        self.recorder.add(What::Disconnected { connection: name(id) });
        if tells {
            let context = json!({"eventType": "DISCONNECT", "connectionId": id, "connectedAt": 1});
            self.socket_event(json!({"requestContext": context, "disconnectStatusCode": 1000})).await;
        }
    }

    fn next_connection(&self) -> SessionId {
        *self.sockets.opened.borrow_mut() += 1;
        SessionId::parse(&format!("connection-{}=", self.sockets.opened.borrow())).unwrap()
    }
}

/// Returns a message as a client sees it.
pub fn seen(message: &Value) -> Seen {
    let id = MessageId::parse(message["msg_id"].as_str().unwrap()).unwrap();
    let text = message["body"]["msg"].as_str().or_else(|| message["push"]["content"].as_str());
    Seen { id, text: text.unwrap_or_default().to_owned() }
}

fn name(id: &SessionId) -> ConnectionName {
    ConnectionName(id.to_string())
}

/// Returns the name of a user.
pub fn user(who: Who) -> UserId {
    UserId::parse(&format!("u{}", who.user)).unwrap()
}

/// Returns the name of a device.
pub fn device_id(device: u8) -> DeviceId {
    DeviceId::parse(DEVICES[usize::from(device)]).unwrap()
}
