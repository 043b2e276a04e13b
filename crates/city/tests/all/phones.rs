//! The channel servers keep the limits of the real ones (handbook §3.6), on the town's clock.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use city::{City, Config, Town};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

struct Channels {
    city: City,
    town: Town,
    http: reqwest::Client,
}

impl Channels {
    async fn open() -> Self {
        let config = Config::default();
        let town = Town::generate(config.seed).unwrap();
        Self { city: City::bind(config).await.unwrap(), town, http: reqwest::Client::new() }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.city.bound().channels);
        let ask = self.http.post(url).header("authorization", "Bearer demo-sms").json(body);
        ask.send().await.unwrap().json().await.unwrap()
    }

    async fn token(&self, secret: &str) -> Value {
        let base = &self.city.bound().channels;
        let url = format!("{base}/cgi-bin/gettoken?corpid=ww-demo&corpsecret={secret}");
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn messages(&self) -> Vec<Value> {
        let url = format!("http://{}/messages?after=0", self.city.bound().control);
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    async fn status(&self) -> Value {
        let url = format!("http://{}/status", self.city.bound().control);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn wecom_drops_the_thirty_first_message_to_a_member_without_an_error() {
    let channels = Channels::open().await;
    assert_eq!(channels.token("wrong").await["errcode"], 40_001);
    let token = channels.token("demo-corpsecret").await["access_token"].as_str().unwrap().to_owned();
    let user = channels.town.persons[0].wecom.clone().unwrap();
    let send = async |text: String, user: &str, token: &str| {
        let body = json!({ "touser": user, "msgtype": "text", "agentid": 1, "text": { "content": text },
                           "enable_duplicate_check": 1, "duplicate_check_interval": 1800 });
        channels.post(&format!("/cgi-bin/message/send?access_token={token}"), &body).await["errcode"].clone()
    };
    assert_eq!(send("x".into(), &user, "stale").await, 40_014);
    assert_eq!(send("水".repeat(683), &user, &token).await, 45_002);
    assert_eq!(send("x".into(), "nobody", &token).await, 81_013);
    for n in 1..=31 {
        assert_eq!(send(format!("积水 编号 M{n}"), &user, &token).await, 0);
    }
    // An identical request within half an hour is taken once.
    assert_eq!(send("积水 编号 M1".into(), &user, &token).await, 0);
    let messages = channels.messages().await;
    assert_eq!(messages.len(), 30);
    assert_eq!(messages[29]["message"], 30);
    assert_eq!(messages[0]["person"], channels.town.persons[0].login);
    assert_eq!(channels.status().await["post"]["dropped"], 1);
}

#[tokio::test]
async fn a_group_robot_takes_twenty_a_minute() {
    let channels = Channels::open().await;
    let body = |n: i32| json!({ "msgtype": "text", "text": { "content": format!("编号 M{n}") } });
    assert_eq!(channels.post("/cgi-bin/webhook/send?key=other", &body(0)).await["errcode"], 93_000);
    for n in 1..=20 {
        assert_eq!(channels.post("/cgi-bin/webhook/send?key=demo-robot", &body(n)).await["errcode"], 0);
    }
    assert_eq!(channels.post("/cgi-bin/webhook/send?key=demo-robot", &body(21)).await["errcode"], 45_009);
    assert_eq!(channels.messages().await.len(), 20);
}

#[tokio::test]
async fn dingtalk_checks_the_signature_and_falls_silent_after_twenty() {
    let channels = Channels::open().await;
    let mobile = channels.town.persons[4].mobile.clone().unwrap();
    let send = async |timestamp: i64, text: String| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"SEC-demo-dingtalk").unwrap();
        mac.update(format!("{timestamp}\nSEC-demo-dingtalk").as_bytes());
        let sign = STANDARD.encode(mac.finalize().into_bytes());
        let base = format!("{}/robot/send", channels.city.bound().channels);
        let stamp = timestamp.to_string();
        let query = [("access_token", "demo-dingtalk"), ("timestamp", &stamp), ("sign", &sign)];
        let url = reqwest::Url::parse_with_params(&base, query).unwrap();
        let body = json!({ "msgtype": "text", "text": { "content": text }, "at": { "atMobiles": [mobile] } });
        let answer = channels.http.post(url).json(&body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["errcode"].clone()
    };
    // The town's clock still stands at 1970.
    assert_eq!(send(7_200_000, "x".into()).await, 310_000);
    assert_eq!(send(1_000, "x".repeat(20_001)).await, 460_101);
    for n in 1..=20 {
        assert_eq!(send(1_000, format!("编号 M{n}")).await, 0);
    }
    assert_eq!(send(1_000, "编号 M21".into()).await, 130_101);
    let messages = channels.messages().await;
    assert_eq!(messages.len(), 20);
    assert_eq!(messages[0]["person"], channels.town.persons[4].login);
}

#[tokio::test]
async fn the_sms_gateway_wants_its_signature_and_takes_a_key_once() {
    let channels = Channels::open().await;
    let mobile = channels.town.persons[2].mobile.clone().unwrap();
    let body =
        |text: &str, key: &str| json!({ "mobile": mobile, "sign": "至臻水务", "text": text, "key": key });
    assert_eq!(channels.post("/sms/send", &body("无签名 编号 M1", "a")).await["code"], 406);
    let long = format!("【至臻水务】{} 编号 M2-M3", "积".repeat(70));
    let first = channels.post("/sms/send", &body(&long, "b")).await;
    assert_eq!((&first["code"], &first["parts"]), (&json!(0), &json!(2)));
    assert_eq!(channels.post("/sms/send", &body(&long, "b")).await, first);
    let numbers: Vec<i64> = channels.messages().await.iter().filter_map(|m| m["message"].as_i64()).collect();
    assert_eq!(numbers, [2, 3]);
}

#[tokio::test]
async fn the_mail_server_takes_mail_for_the_town_only() {
    let channels = Channels::open().await;
    let address = channels.town.persons[0].email.clone().unwrap();
    let stream = tokio::net::TcpStream::connect(channels.city.bound().smtp).await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut ask = async |text: &str| {
        if !text.is_empty() {
            write.write_all(format!("{text}\r\n").as_bytes()).await.unwrap();
        }
        let mut line = lines.next_line().await.unwrap().unwrap();
        while line.as_bytes()[3] == b'-' {
            line = lines.next_line().await.unwrap().unwrap();
        }
        line[..3].to_owned()
    };
    assert_eq!(ask("").await, "220");
    assert_eq!(ask("EHLO client").await, "250");
    assert_eq!(ask("MAIL FROM:<alarm@zhizhen.example>").await, "250");
    assert_eq!(ask("RCPT TO:<somebody@elsewhere.example>").await, "550");
    assert_eq!(ask("DATA").await, "503");
    assert_eq!(ask(&format!("RCPT TO:<{address}>")).await, "250");
    assert_eq!(ask("DATA").await, "354");
    assert_eq!(ask("Subject: x\r\n\r\n报警 编号 M9\r\n.").await, "250");
    assert_eq!(ask("QUIT").await, "221");
    assert_eq!(channels.messages().await[0]["message"], 9);
}
