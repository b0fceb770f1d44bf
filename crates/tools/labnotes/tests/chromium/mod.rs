//! Chromium over its debugging pipe: JSON messages, each ended by a NUL, on descriptors 3 and 4. See the Chrome DevTools
//! Protocol.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use labkit::{DEADLINE, find_program, until};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with a profile of its own; both are gone when this is.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    last: u64,
    /// What came that was no answer.
    events: Vec<Value>,
    _profile: TempDir,
}

/// A tab.
pub(crate) struct Page<'a> {
    browser: &'a mut Browser,
    target: Value,
    session: Value,
}

/// What the browser is called here: Debian's name, Ubuntu's, Google's.
pub(crate) fn program() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| find_program(name).is_some())
}

impl Browser {
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", program().unwrap()])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let mut pipe = BufReader::new(child.stdout.take().unwrap());
        let (sender, from) = mpsc::channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while pipe.read_until(0, &mut message).is_ok_and(|n| n > 0) {
                message.pop();
                if let Ok(value) = serde_json::from_slice(&message)
                    && sender.send(value).is_err()
                {
                    break;
                }
                message.clear();
            }
        });
        Browser { child, to, from, last: 0, events: Vec::new(), _profile: profile }
    }

    fn call(&mut self, session: &Value, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if !session.is_null() {
            message["sessionId"] = session.clone();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.from.recv_timeout(DEADLINE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] != self.last {
                self.events.push(answer);
                continue;
            }
            assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
            return answer["result"].clone();
        }
    }

    /// A new tab.
    pub(crate) fn page(&mut self) -> Page<'_> {
        self.events.clear();
        let target = self.call(&Value::Null, "Target.createTarget", &json!({ "url": "about:blank" }));
        let target = target["targetId"].clone();
        let session =
            self.call(&Value::Null, "Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        let session = session["sessionId"].clone();
        let mut page = Page { browser: self, target, session };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Page<'_> {
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        let session = self.session.clone();
        self.browser.call(&session, method, params)
    }

    pub(crate) fn size(&mut self, (width, height): (u32, u32)) {
        let params =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &params);
    }

    /// `light` or `dark`, as the system would say; without transitions.
    pub(crate) fn scheme(&mut self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Opens it and waits until everything has been loaded.
    pub(crate) fn open(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": url }));
        let loaded = format!("location.href === {} && document.readyState === 'complete'", json!(url));
        self.until("the page", &loaded);
    }

    /// The value of an expression.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", &params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        self.eval(expression).as_f64().unwrap()
    }

    pub(crate) fn until(&mut self, what: &str, expression: &str) {
        until(what, || Ok((self.eval(expression) == Value::Bool(true)).then_some(()))).unwrap();
    }

    /// Errors in the console, exceptions, resources that are missing or that come from elsewhere than `base`.
    pub(crate) fn complaints(&mut self, base: &str) -> Vec<String> {
        self.eval("new Promise(done => requestAnimationFrame(() => done(1)))");
        let mut complaints = Vec::new();
        for event in &self.browser.events {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" => complaints.push(params["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled"
                    if matches!(params["type"].as_str(), Some("error" | "warning")) =>
                {
                    complaints.push(params["args"].to_string());
                }
                "Log.entryAdded" => complaints.push(params["entry"].to_string()),
                "Network.loadingFailed" => complaints.push(params.to_string()),
                "Network.responseReceived"
                    if params["response"]["status"].as_u64().is_some_and(|s| s >= 400) =>
                {
                    complaints.push(params["response"]["url"].to_string());
                }
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap_or_default();
                    if !url.starts_with(base) && !url.starts_with("data:") {
                        complaints.push(format!("from elsewhere: {url}"));
                    }
                }
                _ => {}
            }
        }
        complaints
    }

    /// The middle of an element, in the window.
    fn middle(&mut self, selector: &str) -> (f64, f64) {
        let place = self.eval(&format!(
            "(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector({}).getBoundingClientRect())",
            json!(selector)
        ));
        (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
    }

    pub(crate) fn point_at(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.call("Input.dispatchMouseEvent", &json!({ "type": "mouseMoved", "x": x, "y": y }));
    }

    pub(crate) fn tap(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &params);
        }
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Presses a key by its name: `Tab`, `Enter`, ` `, `ArrowDown`, `Escape`.
    pub(crate) fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            " " => " ",
            _ => "",
        };
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            " " => 32,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => panic!("{key}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let params = json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", &params);
        }
    }

    /// What the window shows, as PNG, in base64.
    pub(crate) fn screenshot(&mut self) -> String {
        self.call("Page.captureScreenshot", &json!({ "format": "png" }))["data"].as_str().unwrap().to_string()
    }

    /// The page as it would be printed, in base64.
    pub(crate) fn pdf(&mut self) -> String {
        let params = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": true });
        self.call("Page.printToPDF", &params)["data"].as_str().unwrap().to_string()
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            let target = self.target.clone();
            self.browser.call(&Value::Null, "Target.closeTarget", &json!({ "targetId": target }));
        }
    }
}
