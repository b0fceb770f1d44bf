// The player: steps through a recording of a client and its server, forwards and backwards. It needs nothing but player.css,
// and sends and stores nothing. Without it, .fallback inside each .player is what is seen; so it is on paper.
"use strict";
{
const WORDS = {
  ko: {
    sides: { client: "클라이언트", server: "서버" }, wire: (what) => `오간 ${what.join(", ") || "것"}`, choose: "보여 줄 쪽",
    start: "처음", back: "이전 단계", next: "다음 단계", end: "끝", steps: "단계", all: "모든 단계", ask: "예상해 보기",
    answer: "확인", go: "이 단계 보기", right: "맞아요.", wrong: "아니에요.", language: "소스 코드의 언어", link: "이 단계의 링크",
    running: "실행 중", ended: "끝났어요", yet: "아직 시작하지 않았어요", stopped: "SIGCONT를 기다려요", waiting: (call) => `${call}에서 기다려요`, ready: (call) => `${call}, 돌아올 수 있어요`,
    printed: "출력", silent: "아직 출력한 것이 없어요", hidden: "소스의 어느 줄인지 알 수 없어요", nothing: "이 단계에서는 오간 것이 없어요.",
    crosses: { tcp: "세그먼트", udp: "데이터그램", icmp: "ICMP 메시지" }, states: { unbound: "bind 전", bound: "bind됨", connected: "connect됨" },
    fds: "디스크립터와 소켓", what: { keyboard: "키보드", screen: "화면", socket: "소켓", pipe: "파이프" }, gone: "닫혔어요",
    waits: "아직 accept하지 않은 연결", left: "닫혔지만 남아 있는 연결", opening: "맺는 중인 연결",
    recv: "수신 큐", send: "송신 큐", queue: "연결 대기 큐", bytes: (n) => `${n}바이트`, dropped: "버려졌어요", same: (n) => `프로세스 ${n}개가 공유하는 소켓`,
    pieces: ["프로토콜", "자신의 IP 주소", "자신의 포트 번호", "상대방의 IP 주소", "상대방의 포트 번호"], short: ["프로토콜", "자신의 IP", "자신의 포트", "상대방의 IP", "상대방의 포트"],
  },
  en: {
    sides: { client: "client", server: "server" }, wire: () => "On the wire", choose: "Which side",
    start: "First step", back: "Step back", next: "Next step", end: "Last step", steps: "Steps", all: "All steps", ask: "Predict",
    answer: "Check", go: "See this step", right: "Right.", wrong: "No.", language: "Language of the source", link: "The address of this step",
    running: "running", ended: "has ended", yet: "not started yet", stopped: "stopped until SIGCONT", waiting: (call) => `waits in ${call}`, ready: (call) => `${call} can return`,
    printed: "Output", silent: "nothing printed yet", hidden: "the line of source is not known", nothing: "Nothing crosses in this step.",
    crosses: {}, states: {},
    fds: "Descriptors and sockets", what: {}, gone: "closed",
    waits: "connection not yet accepted", left: "closed, but still there", opening: "connection being made",
    recv: "receive queue", send: "send queue", queue: "accept queue", bytes: (n) => (n === 1 ? "1 byte" : `${n} bytes`), dropped: "dropped", same: (n) => `a socket of ${n} processes`,
    pieces: ["protocol", "own IP address", "own port", "the peer's IP address", "the peer's port"], short: ["protocol", "own IP", "own port", "peer's IP", "peer's port"],
  },
};

/** What an error number means. */
const ERRORS = {
  EPIPE: ["이 소켓으로는 더 보낼 수 없어요", "nothing more can be sent on it"], ECONNRESET: ["상대방이 연결을 리셋했어요(RST)", "the peer has reset the connection"],
  ECONNREFUSED: ["그 포트를 사용하는 서버가 없어요", "no server has that port"], EADDRINUSE: ["이미 사용 중인 주소예요", "the address is in use"],
  EINTR: ["시그널 때문에 중단됐어요", "a signal came first"], EAGAIN: ["지금은 할 수 없어요", "not possible right now"],
  EINPROGRESS: ["아직 연결하는 중이에요", "the connection is being made"], ETIMEDOUT: ["응답이 없어요", "no answer came"],
  EISCONN: ["이미 연결된 소켓이에요", "it is connected already"], EDESTADDRREQ: ["받는 쪽의 주소가 없어요", "there is no address to send to"],
  EMSGSIZE: ["데이터그램 하나로 보내기에는 너무 길어요", "it is too long for one datagram"],
  EMFILE: ["더 사용할 수 있는 디스크립터 번호가 없어요", "no descriptor is free"], EBADF: ["열린 디스크립터가 아니에요", "no such descriptor is open"],
  ENOTCONN: ["연결되지 않은 소켓이에요", "it is not connected"], EACCES: ["권한이 없어요", "not permitted"],
};

/** The same of a call that waited as long as SO_RCVTIMEO or SO_SNDTIMEO allows. */
const TOO_LATE = ["정한 시간이 지났어요", "the time allowed is over"];

/** What is new in a step, or gone. */
const CHANGED = ".pl-new, .pl-gone";
const RECEIVES = /^(read|readv|recv|recvfrom|recvmsg)$/, SENDS = /^(write|writev|send|sendto|sendmsg)$/;
const ENDS = /^(exit|exit_group|killed)$/, FORKS = /^(fork|vfork|clone|clone3)$/;

// ---- Small tools ----

/** An element; what is `null` or `false` among its children is left out. */
function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.flat(9).filter((child) => child != null && child !== false));
  return element;
}
function button(className, label, text, press) {
  const b = el("button", className, text);
  b.type = "button";
  if (label) b.ariaLabel = b.title = label;
  b.addEventListener("click", press);
  return b;
}
const put = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

/** A word with its particle: by its last letter as it is read in Korean, be it Hangul, a digit or an English word. */
function josa(word, closed, open) {
  const text = String(word), last = text.at(-1) ?? "", code = last.charCodeAt(0);
  const final = code >= 0xac00 && code < 0xd7a4 ? (code - 0xac00) % 28 > 0
    : /\d/.test(last) ? "013678".includes(last) : /([lmn]|ng|at|map|sleep|clone|name|time|group|socket|dup|shutdown)$/i.test(text);
  return text + (final ? closed : open);
}

/** An address as strace writes it is long: `127.0.0.1:5000`; so is what a signal's handler has beside its name. */
function short(text) {
  return text.replace(/\{sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?inet_(?:addr\(|pton\(AF_INET6, )"([^"]*)"[^}]*\}/g,
    (_, port, ip) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`))
    .replace(/\{sa_family=AF_UNIX, sun_path=([^}]*)\}/g, "$1")
    .replace(/\{sa_family=(AF_UNSPEC)[^}]*\}/g, "$1")
    .replace(/\{sa_handler=([^,}]*)[^}]*\}/g, "$1");
}
const cut = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
const shown = (arg) => (/^"/.test(arg) ? cut(arg, 44) : short(arg));
/** What a tester does is told in words: no call has a space in it. */
const isSentence = (step) => step.call.includes(" ");
/** The call in one line. */
const line = (step) => isSentence(step) ? step.call : `${step.call}(${step.args.map(shown).join(", ")})` + (step.result == null ? "" : ` = ${step.result}`);
const whole = (step) => isSentence(step) ? step.call : `${step.call}(${step.args.join(", ")})` + (step.result == null ? "" : ` = ${step.result}`);
const failed = (step) => /^-\d/.test(step.result ?? "");
const parts = (address) => {
  const at = address ? address.lastIndexOf(":") : -1;
  return at < 0 ? ["", ""] : [address.slice(0, at).replace(/^\[|\]$/g, ""), address.slice(at + 1)];
};

/** A string as strace writes it, as it is. */
function unquoted(text) {
  const bytes = [], plain = { n: 10, t: 9, r: 13, f: 12, v: 11 };
  for (const [, octal, hex, escaped, other] of text.matchAll(/\\([0-7]{1,3})|\\x([\da-f]{2})|\\(.)|([^\\]+)/gs)) {
    if (octal) bytes.push(parseInt(octal, 8));
    else if (hex) bytes.push(parseInt(hex, 16));
    else if (escaped) bytes.push(plain[escaped] ?? escaped.charCodeAt(0));
    else bytes.push(...new TextEncoder().encode(other));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

// ---- A recording, as it was before it was made small for the page ----

/** States hold, for what is as it was a step before, only its place in the list there. */
function unfold(recording) {
  let before = { processes: [], sockets: [] };
  for (const step of recording.steps) {
    const { processes, sockets } = step.state;
    before = step.state = {
      processes: processes.map((p) => (typeof p === "number" ? before.processes[p] : p)),
      sockets: sockets.map((s) => (typeof s === "number" ? before.sockets[s] : s)),
    };
  }
  return recording;
}

/** All recordings of a player. One with `sources` has the steps of the first, and its own lines of source. */
function read(container) {
  const all = [];
  for (const script of container.querySelectorAll("script.recording")) {
    let recording = JSON.parse(script.textContent);
    if (recording.sources) {
      const steps = all[0].steps.map((step, i) => ({ ...step, source: recording.sources[i] }));
      recording = { ...all[0], ...recording, steps };
    } else {
      unfold(recording);
      recording.run = all.length;
    }
    recording.language = script.dataset.language || "";
    number(recording);
    all.push(recording);
  }
  return all;
}

/** Relative sequence numbers, as Wireshark has them: a direction counts from its SYN. */
function number(recording) {
  const base = new Map();
  for (const step of recording.steps) {
    for (const s of step.segments) {
      if (s.protocol !== "tcp") continue;
      const there = `${s.from}>${s.to}`, back = `${s.to}>${s.from}`, syn = /SYN/.test(s.flags);
      if (syn || !base.has(there)) base.set(there, syn ? s.seq : s.seq - 1);
      if (/ACK/.test(s.flags) && !base.has(back)) base.set(back, s.ack - 1);
      s.relative = [(s.seq - base.get(there)) >>> 0, /ACK/.test(s.flags) ? (s.ack - base.get(back)) >>> 0 : null];
    }
  }
}

// ---- What a step did, in words ----

/** Whose a socket is: the process that has, had or will have a descriptor for it; else the side whose port it has. */
function owners(recording) {
  const owner = new Map(), ports = new Map();
  const sockets = new Map(recording.steps.flatMap((step) => step.state.sockets.map((s) => [s.id, s])));
  for (const { state } of recording.steps) {
    state.processes.forEach(({ descriptors }, process) => {
      for (const { socket } of descriptors) if (socket != null && !owner.has(socket)) owner.set(socket, process);
    });
    for (const s of state.sockets) if (owner.has(s.id) && s.local) ports.set(parts(s.local)[1], recording.processes[owner.get(s.id)].role);
  }
  return (id) => ({ process: owner.get(id), role: recording.processes[owner.get(id)]?.role ?? ports.get(parts(sockets.get(id)?.local)[1]) ?? "server" });
}

/** A socket in another state. While a closed connection lasts, what the descriptor stands for may be there beside it. */
const again = (state, s) => s && (state.sockets.find((o) => o.id === s.id && o.remote === s.remote) ?? state.sockets.find((o) => o.id === s.id));
const descriptor = (state, process, fd) => state.processes[process]?.descriptors.find((d) => d.fd === fd);
/** Has what a call waits for come, so far as its socket shows that? The process returns from it once it has its turn. */
function ready({ process, call, args }, state) {
  const d = descriptor(state, process, parseInt(args[0])), s = d?.socket != null && state.sockets.find(({ id }) => id === d.socket);
  if (!s) return false;
  if (/^accept/.test(call)) return s.accept_queue > 0;
  if (call === "connect") return s.state !== "SYN_SENT";
  return RECEIVES.test(call) && (s.recv_queue > 0 || /^(CLOSE_WAIT|LAST_ACK|CLOSING|TIME_WAIT|CLOSED)$/.test(s.state));
}
const holders = (state, id) => state.processes.flatMap((p, i) => p.descriptors.filter((d) => d.socket === id).map(() => i));

/** The sentences of a step: first what its process did, then what that changed at any socket. */
function sentences(recording, i, lang, owner) {
  const ko = lang === "ko", w = WORDS[lang], step = recording.steps[i], { call, args, result } = step;
  const before = recording.steps[i - 1]?.state ?? { processes: [], sockets: [] }, after = step.state;
  const who = name(recording.processes[step.process].name, lang), Who = ko ? who : `The ${who}`;
  const subject = ko ? josa(who, "이", "가") : Who, fd = parseInt(args[0]), n = parseInt(result);
  const d = descriptor(after, step.process, fd) ?? descriptor(before, step.process, fd);
  const socket = d?.socket != null ? again(after, { id: d.socket }) ?? again(before, { id: d.socket }) : null;
  const place = (id) => {
    const { process, role } = owner(id);
    return process == null ? w.sides[role] : name(recording.processes[process].name, lang);
  };
  // "Client 2" has no article.
  const numbered = (english) => english.replace(/\bthe ((?:client|server|program) \d)/g, "$1").replace(/\bThe (\w)(\w* \d)/g, (_, c, rest) => c.toUpperCase() + rest);
  const out = [], say = (korean, english) => out.push(ko ? korean : numbered(english));
  // Of a socket nothing more may be known than what it is.
  const udp = socket ? socket.protocol === "udp" : /^UDP/.test(d?.what), far = socket || udp || /^TCP/.test(d?.what);
  const from = w.what[d?.what] ?? d?.what, its = far || /^\//.test(from) ? from : `its ${from}`;
  const count = Number.isNaN(n) ? "" : w.bytes(n);
  if (step.signals.length && call !== "killed") {
    const signals = step.signals.join(", ");
    say(`${who}에 ${signals} 시그널이 왔어요.`, `${Who} got the signal ${signals}.`);
  }
  if (isSentence(step)) {
    // It says itself what it is.
  } else if (call === "stopped") {
    say(`${subject} ${args[0]} 시그널을 받아 멈췄어요.`, `${Who} is stopped by ${args[0]}.`);
  } else if (result == null && step.blocked) {
    const [k, e] = /^accept/.test(call) ? ["연결을 ", " for a connection"] : RECEIVES.test(call)
      ? far ? ["데이터를 ", " for data"] : ["입력을 ", " for input"] : call === "connect" ? ["응답을 ", " for an answer"] : ["", ""];
    say(`${subject} ${call}에서 ${k}기다려요.`, `${Who} waits in ${call}${e}.`);
  } else if (call === "killed") {
    const by = step.signals.join(", ") || args.join(", ");
    say(by ? `${subject} ${by} 시그널을 받아 끝났어요.` : `${subject} 시그널을 받아 끝났어요.`, by ? `The signal ${by} has ended the ${who}.` : `A signal has ended the ${who}.`);
  } else if (ENDS.test(call)) {
    say(`${subject} 끝났어요. 종료 상태는 ${josa(args[0] ?? "?", "이에요", "예요")}.`, `${Who} has ended with status ${args[0] ?? "?"}.`);
  } else if (failed(step)) {
    const [, error, text] = /^-1 (\w+)(?: \((.*)\))?/.exec(result) ?? ["", result, ""],
      means = (error === "EAGAIN" && step.blocked ? TOO_LATE : ERRORS[error])?.[ko ? 0 : 1] ?? text;
    say(`${who}의 ${josa(call, "이", "가")} 실패했어요. ${error}${means ? `: ${means}` : ""}.`, `${Who}'s ${call} failed. ${error}${means ? `: ${means}` : ""}.`);
  } else if (call === "socket") {
    say(`${subject} 소켓을 열었어요. 디스크립터는 ${josa(n, "이에요", "예요")}.`, `${Who} has made a socket: descriptor ${n}.`);
  } else if (call === "bind" && socket) {
    const [ip, port] = parts(socket.local);
    say(`${subject} 소켓에 IP 주소 ${josa(ip, "과", "와")} 포트 번호 ${josa(port, "을", "를")} 붙였어요.`, `${Who} has given its socket the address ${ip} and port ${port}.`);
  } else if (call === "listen" && socket) {
    const backlog = socket.backlog ?? args[1];
    say(`${who}의 소켓이 연결 대기 소켓이 됐어요. backlog는 ${josa(backlog, "이에요", "예요")}.`, `${Who}'s socket listens now, with a backlog of ${backlog}.`);
  } else if (call === "connect" && socket?.protocol === "udp") {
    if (socket.remote) say(`${subject} 소켓의 상대방을 정했어요. 네트워크로는 아무것도 나가지 않았어요.`, `${Who} has set its socket's peer. Nothing was sent.`);
    else say(`${subject} 소켓의 상대방을 지웠어요.`, `${Who} has taken the peer from its socket.`);
  } else if (call === "connect" && !udp) {
    say(`${subject} 서버와 연결됐어요.`, `${Who} is connected.`);
  } else if (/^accept/.test(call)) {
    say(`${subject} 연결 대기 큐에서 연결을 하나 꺼냈어요. 이 연결의 디스크립터는 ${josa(n, "이에요", "예요")}.`, `${Who} has taken a connection from its accept queue: descriptor ${n}.`);
  } else if (RECEIVES.test(call) && d) {
    if (/MSG_PEEK/.test(args.join())) say(`${subject} 수신 큐의 ${josa(count, "을", "를")} 꺼내지 않고 읽기만 했어요.`, `${Who} has looked at ${count} and left them in the queue.`);
    else if (n > 0) say(`${subject} ${socket ? w.recv : from}에서 ${josa(count, "을", "를")} 읽었어요.`, `${Who} has read ${count} from ${socket ? `its ${w.recv}` : its}.`);
    else if (udp) say(`${subject} 0바이트 데이터그램을 받았어요.`, `${Who} has received a datagram of 0 bytes.`);
    // Without a FIN, it was the program itself: shutdown(SHUT_RD), or a read of 0 bytes.
    else if (socket && /WAIT1|WAIT2|ESTABLISHED/.test(socket.state)) say(`${who}의 ${josa(call, "이", "가")} 0을 돌려줬어요.`, `${Who}'s ${call} returned 0.`);
    else if (far) say(`${who}의 ${josa(call, "이", "가")} 0을 돌려줬어요. 상대방이 더는 보내지 않아요.`, `${Who}'s ${call} returned 0: the peer sends no more.`);
    else say(`${who}의 입력이 끝났어요.`, `${Who}'s input has ended.`);
  } else if (SENDS.test(call) && d && !far) {
    say(`${subject} ${from}에 ${josa(count, "을", "를")} 출력했어요.`, `${Who} has written ${count} to ${its}.`);
  } else if (SENDS.test(call) && socket?.protocol === "udp") {
    say(`${subject} ${count} 데이터그램을 보냈어요.`, `${Who} has sent a datagram of ${count}.`);
  } else if (call === "execve") {
    const path = args[0].replace(/^"|"$/g, "");
    say(`${subject} 다른 프로그램이 됐어요. 이제 ${josa(path, "을", "를")} 실행해요.`, `${Who} has become another program: ${path}.`);
  } else if (call === "close") {
    const others = d?.socket != null && holders(after, d.socket).length > 0;
    say(`${subject} 디스크립터 ${josa(fd, "을", "를")} 닫았어요.${others ? " 이 소켓의 디스크립터가 더 있어서 소켓은 아직 열려 있어요." : ""}`,
      `${Who} has closed descriptor ${fd}.${others ? " Another descriptor still stands for the socket, so it stays open." : ""}`);
  } else if (call === "shutdown") {
    const [k, e] = { SHUT_WR: ["보내는 방향을", "sends no more"], SHUT_RD: ["받는 방향을", "receives no more"] }[args[1]] ?? ["두 방향을 모두", "neither sends nor receives any more"];
    say(`${subject} 연결의 ${k} 닫았어요.`, `${Who} ${e}.`);
  } else if (FORKS.test(call) && n > 0 && /CLONE_THREAD/.test(args.join())) {
    say(`${subject} 스레드를 만들었어요. 디스크립터 표를 공유해요.`, `${Who} has made a thread, which shares its descriptor table.`);
  } else if (FORKS.test(call) && n > 0) {
    say(`${subject} 자식 프로세스를 만들었어요. 자식도 같은 디스크립터를 모두 가져요.`, `${Who} has made a child, which has all the same descriptors.`);
  } else if (call === "rt_sigaction" && /SIG_IGN/.test(args[1])) {
    say(`${subject} ${josa(args[0], "을", "를")} 무시하도록 설정했어요.`, `${Who} ignores ${args[0]} from now on.`);
  } else if (/^open(at)?$/.test(call)) {
    say(`${subject} 파일을 열었어요. 디스크립터는 ${josa(n, "이에요", "예요")}.`, `${Who} has opened a file: descriptor ${n}.`);
  } else if (/^(newfstatat|fstat|statx|stat)$/.test(call)) {
    say(`${subject} 파일의 종류를 커널에서 알아냈어요.`, `${Who} has asked the kernel what kind of file that is.`);
  } else if (/^get(sock|peer)name$/.test(call)) {
    say(`${subject} ${/sock/.test(call) ? "자신" : "상대방"}의 주소를 커널에서 알아냈어요.`, `${Who} has asked the kernel for ${/sock/.test(call) ? "its own" : "the peer's"} address.`);
  } else if (call === "setsockopt" && args.length > 2) {
    say(`${subject} 소켓의 옵션 ${josa(args[2], "을", "를")} 설정했어요.`, `${Who} has set the socket's option ${args[2]}.`);
  } else if (result == null) {
    say(`${subject} ${josa(call, "을", "를")} 불렀어요.`, `${Who} has called ${call}.`);
  } else {
    const [value] = result.split(" ");
    say(`${who}의 ${josa(call, "이", "가")} ${josa(value, "을", "를")} 돌려줬어요.`, `${Who}'s ${call} returned ${value}.`);
  }
  for (const { protocol, flags } of step.segments) if (protocol === "icmp" && /unreachable/.test(flags))
    say(`${/port/.test(flags) ? "포트" : "목적지"}에 도달할 수 없다는 ICMP 메시지가 왔어요.`, `An ICMP message came back: ${flags}.`);
  // What it changed at the sockets is said of all of them, whichever call it was.
  for (const s of after.sockets) {
    const old = again(before, s), own = s.id === d?.socket, at = place(s.id);
    if ((s.accept_queue ?? 0) > (old?.accept_queue ?? 0))
      say(`${at}의 연결 대기 큐에 연결 ${s.accept_queue}개가 있어요.`, s.accept_queue > 1 ? `${s.accept_queue} connections wait in the ${at}'s accept queue.` : `One connection waits in the ${at}'s accept queue.`);
    if (s.recv_queue > (old?.recv_queue ?? 0) && s.accept_queue == null)
      say(`${josa(w.bytes(s.recv_queue), "이", "가")} ${at}의 수신 큐에 있어요.`, `${w.bytes(s.recv_queue)} ${s.recv_queue === 1 ? "is" : "are"} in the ${at}'s receive queue.`);
    else if (own && s.recv_queue > 0 && s.recv_queue < (old?.recv_queue ?? 0))
      say(`수신 큐에 ${josa(w.bytes(s.recv_queue), "이", "가")} 남았어요.`, `${w.bytes(s.recv_queue)} ${s.recv_queue === 1 ? "is" : "are"} left in it.`);
    if (s.send_queue > (old?.send_queue ?? 0))
      say(`${at}의 송신 큐에 ${josa(w.bytes(s.send_queue), "이", "가")} 남아 있어요.`, `${w.bytes(s.send_queue)} ${s.send_queue === 1 ? "waits" : "wait"} in the ${at}'s send queue.`);
    if (s.protocol === "tcp" && old && old.state !== s.state && s.state !== "LISTEN")
      say(`${at} 쪽 소켓의 상태는 이제 ${josa(s.state, "이에요", "예요")}.`, `The ${at}'s socket is ${s.state} now.`);
  }
  return out;
}

/** What a process is called here, in the reader's language. */
function name(english, lang) {
  if (lang !== "ko") return english.replace(/^server again/, "restarted server");
  return english.replace(/^server again/, "다시 실행한 서버").replace(/^server/, "서버").replace(/^client/, "클라이언트").replace(/^program$/, "프로그램").replace(/^tester$/, "채점기")
    .replace(/'s child/g, "의 자식").replace(/'s thread/g, "의 스레드");
}

// ---- The source ----

const KEYWORDS = {
  c: "auto break case char const continue default do double else enum extern float for goto if int long return short signed sizeof static struct switch typedef union unsigned void volatile while",
  rs: "as async await break const continue crate else enum extern false fn for if impl in let loop match mod move mut pub ref return self static struct super trait true type unsafe use where while",
  py: "and as assert async await break class continue def del elif else except False finally for from if import in is lambda None nonlocal not or pass raise return True try while with yield",
};

/** A file as lines in few colours, one element a line. */
function listing(file, text) {
  const kind = { h: "c", cpp: "c", cc: "c" }[file.split(".").at(-1)] ?? file.split(".").at(-1), lines = [el("span", "pl-line")];
  const words = (KEYWORDS[kind] ?? "").replaceAll(" ", "|");
  const token = new RegExp(String.raw`(${kind === "py" ? "#.*" : String.raw`\/\/.*|\/\*[^]*?\*\/`})|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])')|\b(${words || "$^"})\b|\b(\d[\w.]*)`, "g");
  const add = (piece, className) => piece.replace(/\t/g, "    ").split("\n").forEach((part, i) => {
    if (i) lines.push(el("span", "pl-line"));
    if (part) lines.at(-1).append(className ? el("span", className, part) : part);
  });
  let at = 0;
  for (const match of text.matchAll(token)) {
    add(text.slice(at, match.index));
    add(match[0], ["", "hljs-comment", "hljs-string", "hljs-keyword", "hljs-number"][[1, 2, 3, 4].find((i) => match[i] != null)]);
    at = match.index + match[0].length;
  }
  add(text.slice(at));
  for (const [i, l] of lines.entries()) {
    // What is too long for the box goes on where its line began.
    l.style.setProperty("--indent", `${/^ */.exec(l.textContent)[0].length + 2}ch`);
    l.dataset.line = i + 1;
  }
  return el("code", "", lines);
}

// ---- The player ----

const players = [];
let used = null;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Which way a box has more to be scrolled to. */
function shade(box) {
  box.classList.toggle("pl-above", box.scrollTop > 2);
  box.classList.toggle("pl-below", box.scrollTop + box.clientHeight < box.scrollHeight - 2);
}

class Player {
  constructor(container, recordings) {
    this.box = container;
    this.lang = container.dataset.lang === "en" ? "en" : "ko";
    this.w = WORDS[this.lang];
    this.recordings = recordings;
    this.recording = this.recordings[0];
    this.questions = new Map(JSON.parse(container.querySelector("script.questions")?.textContent || "[]").map((q) => [q.step, q]));
    this.build();
    this.go(1, { quiet: true });
    for (const kind of ["pointerdown", "focusin"]) container.addEventListener(kind, () => { used = this; });
  }

  get steps() { return this.recording.steps; }

  /** All that stays. What a step changes is put into it by `go`. */
  build() {
    const { w, recording } = this;
    this.at = 0;
    this.listings = new Map();
    // Of what a tester did, neither the source nor the wire is known.
    this.told = this.steps.some(isSentence);
    this.ports = null;
    this.owner = owners(recording);
    this.call = el("code", "pl-text");
    this.said = el("p", "pl-said");
    this.whose = el("span", "pl-whose");
    this.band = put(el("div", "pl-band", el("p", "pl-call", this.whose, this.call), this.said), { "aria-live": "polite", "aria-atomic": "true" });
    const crosses = new Set(this.steps.flatMap((step) => step.segments.map((s) => s.protocol)));
    const wire = w.wire(Object.keys(w.crosses).filter((protocol) => crosses.has(protocol)).map((protocol) => w.crosses[protocol]));
    this.wire = put(el("ol", "pl-segments"), { "aria-label": wire });
    this.question = el("form", "pl-question");
    this.question.hidden = true;
    this.middle = put(el("div", "pl-wire", el("p", "pl-title", wire), this.wire, this.question, el("p", "pl-foot", w.short.map((text, k) => el("span", "", `${"①②③④⑤"[k]} ${text}`)))), { role: "group", "aria-label": wire });
    this.sides = {};
    for (const role of ["client", "server"]) {
      const processes = recording.processes.map((process, i) => ({ process, i })).filter(({ process }) => process.role === role);
      const panels = processes.map(({ i }) => this.panel(i));
      const tabs = processes.length > 1 && put(el("div", "pl-tabs", processes.map(({ process, i }) => {
        const b = button("", "", name(process.name, this.lang), () => this.pick(role, i));
        b.dataset.process = i;
        return b;
      })), { role: "group", "aria-label": w.sides[role] });
      const there = el("div", "pl-there");
      const element = put(el("div", `pl-side pl-${role}`, tabs, panels.map((p) => p.element), there), { role: "group", "aria-label": w.sides[role] });
      this.sides[role] = { element, panels, tabs, there };
      this.pick(role, processes[0]?.i);
    }
    this.choice = put(el("div", "pl-choice", ["client", "server"].map((role) => {
      const b = button("", "", w.sides[role], () => this.turn(role));
      b.dataset.role = role;
      return b;
    })), { role: "group", "aria-label": w.choose });
    this.ui = el("div", "pl-ui", this.band,
      el("div", recording.processes.every((p, _, all) => p.role === all[0].role) ? "pl-body pl-one" : this.told ? "pl-body pl-tested" : "pl-body", !this.told && this.middle, this.choice, Object.values(this.sides).filter((s) => s.panels.length).map((s) => s.element)), this.timeline(), this.controls());
    put(this.box, { role: "group", "aria-label": recording.processes.map((p) => p.program.split(" ")[0]).join(", ") });
    // For paper, and what the links of the steps lead to.
    const paper = el("ol", "pl-paper", this.steps.map((step, i) =>
      put(el("li", "", `${name(recording.processes[step.process].name, this.lang)}: `, el("code", "", line(step)), ` ${sentences(recording, i, this.lang, this.owner).join(" ")}`), { id: `${this.box.dataset.scene}-step-${i + 1}` })));
    this.box.querySelectorAll(".pl-ui, .pl-paper").forEach((old) => old.remove());
    this.box.append(this.ui, paper);
    this.box.classList.add("pl-live");

    // A finger that goes sideways over the picture turns the page.
    let touch = null;
    this.ui.addEventListener("touchstart", (event) => {
      touch = event.touches.length === 1 && !event.target.closest(".pl-time, .pl-question") ? event.touches[0] : null;
    }, { passive: true });
    this.ui.addEventListener("touchend", (event) => {
      if (!touch) return;
      const end = event.changedTouches[0], x = end.clientX - touch.clientX, y = end.clientY - touch.clientY;
      if (Math.abs(x) > 48 && Math.abs(y) < Math.abs(x) / 2) x < 0 ? this.next() : this.go(this.at - 1);
    }, { passive: true });
  }

  /** One process: who it is, its source, what it has printed, its descriptors. */
  panel(i) {
    const process = this.recording.processes[i], { w } = this;
    const program = el("code", "pl-program"), status = el("span", "pl-status");
    const source = put(el("pre", "pl-source"), { tabindex: 0, role: "group" });
    const printed = put(el("pre", "pl-printed"), { role: "group", "aria-label": w.printed });
    const table = put(el("div", "pl-fds"), { role: "group", "aria-label": w.fds });
    table.addEventListener("scroll", () => shade(table), { passive: true });
    const head = el("header", "pl-head", el("b", "", name(process.name, this.lang)), program, status);
    const element = el("div", "pl-process", head, source, printed, table);
    element.dataset.process = i;
    return { i, process, element, program, status, source, printed, table, file: null };
  }

  timeline() {
    const { w, recording } = this, rows = ["client", "server"].flatMap((role) => recording.processes.flatMap((p, i) => (p.role === role ? [i] : [])));
    const row = (process) => rows.indexOf(process) + 1;
    this.marks = this.steps.map((step, i) => {
      const kind = [step.blocked && step.result == null && "pl-waits", ENDS.test(step.call) && "pl-ends", failed(step) && "pl-failed"];
      const mark = el("a", ["pl-mark", ...kind].filter(Boolean).join(" "), el("i"));
      put(mark, { href: `#${this.box.dataset.scene}-step-${i + 1}`, tabindex: -1, style: `grid-area: ${row(step.process)} / ${i + 1}`,
        "aria-label": `${i + 1}: ${name(recording.processes[step.process].name, this.lang)} ${line(step)}`, title: `${i + 1}. ${line(step)}` });
      mark.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.go(i + 1);
      });
      return mark;
    });
    const drawn = [];
    const since = new Map();
    this.steps.forEach((step, i) => {
      // From where it begins to wait to where it returns; the last ones wait to the end.
      const to = (begin, end) => drawn.push(put(el("i", "pl-span"), { style: `--k: ${end + 1 - begin}; grid-area: ${row(step.process)} / ${begin + 1} / auto / ${end + 2}` }));
      if (since.has(step.process)) to(since.get(step.process), i);
      since.delete(step.process);
      if (step.blocked && step.result == null) since.set(step.process, i);
      if (step.segments.length) {
        const ends = step.segments.flatMap((s) => [s.from, s.to]).map((a) => rows.indexOf(this.end(a)?.process)).filter((k) => k >= 0);
        const [top, bottom] = [Math.min(...ends), Math.max(...ends)];
        if (top < bottom) drawn.push(put(el("i", step.segments.some((s) => s.len) ? "pl-cross pl-data" : "pl-cross"), { style: `grid-area: ${top + 1} / ${i + 1} / ${bottom + 2}` }));
      }
    });
    for (const [process, begin] of since) drawn.push(put(el("i", "pl-span"), { style: `--k: ${this.steps.length - begin}; grid-area: ${row(process)} / ${begin + 1} / auto / -1; margin-right: 0` }));
    this.grid = put(el("div", "pl-marks", drawn.map((d) => put(d, { "aria-hidden": "true" })), this.marks), {
      style: `grid-template-columns: repeat(${this.steps.length}, minmax(1.5rem, 1fr)); grid-template-rows: repeat(${rows.length}, 1.65rem)` });
    this.box.style.setProperty("--rows", rows.length);
    const labels = el("div", "pl-rows", rows.map((i) => el("span", "", name(recording.processes[i].name, this.lang))));
    this.strip = el("div", "pl-strip", this.grid);
    return put(el("div", "pl-time", labels, this.strip), { role: "group", "aria-label": w.all });
  }

  controls() {
    const { w } = this, icon = (d) => {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(svg.namespaceURI, "path");
      path.setAttribute("d", d);
      svg.append(path);
      return put(svg, { viewBox: "0 0 20 20", "aria-hidden": "true" });
    };
    this.first = button("", w.start, icon("M5 4v12M15 4l-8 6 8 6z"), () => this.go(1));
    this.back = button("", w.back, icon("M14 4l-8 6 8 6z"), () => this.go(this.at - 1));
    this.forth = button("", w.next, icon("M6 4l8 6-8 6z"), () => this.next());
    this.last = button("", w.end, icon("M15 4v12M5 4l8 6-8 6z"), () => this.go(this.steps.length));
    this.where = put(el("a", "pl-where"), { title: w.link });
    this.languages = this.recordings.length > 1 && put(el("div", "pl-languages", this.recordings.map((recording, i) => {
      const b = button("", "", recording.language, () => this.speak(i));
      return put(b, { "aria-pressed": recording === this.recording });
    })), { role: "group", "aria-label": w.language });
    this.asks = this.questions.size > 0 && put(button("pl-asks", "", w.ask, () => {
      const on = this.asks.getAttribute("aria-pressed") !== "true";
      put(this.asks, { "aria-pressed": on });
      if (!on) this.close();
    }), { "aria-pressed": this.asks?.getAttribute("aria-pressed") ?? false });
    return el("div", "pl-controls", el("div", "pl-left", this.languages), el("div", "pl-right", this.asks), el("div", "pl-buttons", this.first, this.back, this.where, this.forth, this.last));
  }

  /** Another language's source; all else stays, unless in that language it is another run. */
  speak(i) {
    const { at, recording: before } = this;
    this.recording = this.recordings[i];
    if (this.recording.run !== before.run) this.build();
    [...this.languages.children].forEach((b, j) => put(b, { "aria-pressed": i === j }));
    this.go(at, { quiet: true });
    this.languages.children[i].focus({ preventScroll: true });
  }

  pick(role, process) {
    const side = this.sides[role];
    for (const panel of side.panels) {
      panel.element.hidden = panel.i !== process;
      this.find(panel, true);
    }
    if (side.tabs) for (const b of side.tabs.children) put(b, { "aria-pressed": Number(b.dataset.process) === process });
  }

  turn(role) {
    this.box.dataset.side = role;
    this.sides[role].panels.forEach((panel) => this.find(panel, true));
    for (const b of this.choice.children) put(b, { "aria-pressed": b.dataset.role === role });
  }

  next() {
    const question = this.asks && this.asks.getAttribute("aria-pressed") === "true" && this.question.hidden && this.questions.get(this.at + 1);
    if (question) this.askFor(question);
    else this.go(this.at + 1);
  }

  askFor({ step, question, choices }) {
    const { lang, w } = this, told = el("p", "pl-told");
    const options = choices.map((choice, i) => {
      const input = put(el("input"), { type: "radio", name: `${this.box.dataset.scene}-choice`, value: i });
      return el("label", "", input, el("span", "", choice.text[lang]));
    });
    const check = put(el("button", "", w.answer), { type: "submit" });
    told.setAttribute("aria-live", "polite");
    this.question.replaceChildren(el("fieldset", "", el("legend", "", question[lang]), options), told,
      el("p", "pl-acts", check, button("", "", w.go, () => this.go(step))));
    this.question.onsubmit = (event) => {
      event.preventDefault();
      const chosen = this.question.querySelector("input:checked");
      if (!chosen) return;
      const choice = choices[chosen.value];
      for (const [i, option] of options.entries()) option.className = i !== Number(chosen.value) ? "" : choice.right ? "pl-right-one" : "pl-wrong-one";
      told.className = `pl-told ${choice.right ? "pl-is-right" : "pl-is-wrong"}`;
      told.replaceChildren(el("b", "", choice.right ? w.right : w.wrong), ` ${choice.because?.[lang] ?? ""}`);
      this.question.classList.add("pl-answered");
    };
    this.question.hidden = false;
    this.question.classList.remove("pl-answered");
    this.box.classList.add("pl-asking");
    this.question.querySelector("input")?.focus({ preventScroll: true });
  }

  close() {
    if (this.question.hidden) return;
    const inside = this.question.contains(document.activeElement);
    this.question.hidden = true;
    this.question.replaceChildren();
    this.box.classList.remove("pl-asking");
    if (inside) this.forth.focus({ preventScroll: true });
  }

  /** Shows step n. `quiet`: it is no wish of the reader's, so the page's address stays. */
  go(n, { quiet = false } = {}) {
    n = Math.max(1, Math.min(n, this.steps.length));
    const moved = n !== this.at, { w, recording, lang } = this, step = this.steps[n - 1];
    this.close();
    if (!moved && quiet === false) return;
    this.at = n;
    this.jumps = quiet;
    this.box.dataset.step = n;
    const before = this.steps[n - 2]?.state ?? { processes: [], sockets: [] }, role = recording.processes[step.process].role;
    this.whose.textContent = name(recording.processes[step.process].name, lang);
    this.band.dataset.role = role;
    this.call.replaceChildren(...this.big(step));
    this.call.title = whole(step);
    this.said.textContent = sentences(recording, n - 1, lang, this.owner).slice(0, 4).join(" ");
    this.pick(role, step.process);
    this.turn(role);
    for (const side of Object.values(this.sides)) for (const panel of side.panels) this.fill(panel, step, before);
    this.point(role);
    this.cross(n);
    // Focus, if it was on the line of time, goes along.
    const old = this.grid.querySelector("[aria-current]"), mark = this.marks[n - 1], focused = old && old === document.activeElement;
    if (old) { old.removeAttribute("aria-current"); old.tabIndex = -1; }
    put(mark, { "aria-current": "step", tabindex: 0 });
    if (focused) mark.focus({ preventScroll: true });
    this.marks.forEach((m, i) => m.classList.toggle("pl-past", i < n - 1));
    this.strip.scrollTo({ left: mark.offsetLeft - this.strip.clientWidth / 2, behavior: quiet || still.matches ? "auto" : "smooth" });
    this.where.replaceChildren(el("b", "", n), ` / ${this.steps.length}`);
    put(this.where, { href: `#${this.box.dataset.scene}-step-${n}`, "aria-label": `${w.link}: ${n} / ${this.steps.length}` });
    // Left out rather than disabled, for a button that has the focus would lose it.
    for (const b of [this.first, this.back]) put(b, { "aria-disabled": n === 1 });
    for (const b of [this.forth, this.last]) put(b, { "aria-disabled": n === this.steps.length });
    for (const scroll of this.ui.querySelectorAll(".pl-printed, .pl-fds, .pl-segments")) {
      const over = scroll.scrollHeight > scroll.clientHeight + 1;
      if (over) scroll.tabIndex = 0;
      else scroll.removeAttribute("tabindex");
    }
    if (!quiet) {
      used = this;
      // Browsers refuse many changes of the address in a short time.
      clearTimeout(this.later);
      this.later = setTimeout(() => {
        try { history.replaceState(history.state, "", `#${this.box.dataset.scene}-step-${this.at}`); } catch { /* then it stays */ }
      }, 120);
    }
  }

  /** What this step changes comes in sight: the other side turns to a process that has a change; tabs have a dot. */
  point(role) {
    const changed = ({ table, element }) => table.querySelector(CHANGED) ?? element.querySelector(CHANGED);
    for (const [own, side] of Object.entries(this.sides)) {
      const fresh = side.panels.filter(changed), seen = side.panels.find((panel) => !panel.element.hidden);
      if (own !== role && fresh.length && !fresh.includes(seen)) this.pick(own, fresh[0].i);
      if (side.tabs) for (const b of side.tabs.children) b.classList.toggle("pl-has-new", fresh.some(({ i }) => i === Number(b.dataset.process)));
      for (const b of this.choice.children) if (b.dataset.role === own) b.classList.toggle("pl-has-new", fresh.length > 0);
    }
    // Where there is room for one side only, it shows the other's changes too.
    const { client, server } = this.sides;
    for (const [side, other] of [[client, server], [server, client]]) {
      const panel = other.panels.find(({ element }) => !element.hidden), rows = panel ? [...panel.table.querySelectorAll(".pl-row, .pl-orphan")] : [];
      const fresh = rows.filter((row) => row.matches(CHANGED) || row.querySelector(CHANGED)).map((row) => row.cloneNode(true));
      const head = panel && el("p", "pl-head", el("b", "", name(panel.process.name, this.lang)), panel.status.cloneNode(true));
      side.there.replaceChildren(...(fresh.length || panel?.status.matches(CHANGED) ? [head, ...fresh] : []));
    }
  }

  big(step) {
    if (isSentence(step)) return [el("span", "", step.call)];
    const args = step.args.map(shown).join(", ");
    return [el("b", "", step.call), `(${args})`, ...(step.result == null ? step.blocked ? [el("em", "", " …")] : []
      : [" = ", el("strong", failed(step) ? "pl-failed" : "", step.result)])];
  }

  /** What a process is doing after step n: how that looks, and in words. */
  status(i, n) {
    const { w, steps } = this, { state } = steps[n - 1], last = steps.slice(0, n).findLast((s) => s.process === i);
    if (!last && i >= state.processes.length) return ["pl-yet", w.yet];
    if (last && ENDS.test(last.call)) return ["pl-over", w.ended];
    if (!last?.blocked || last.result != null) return ["pl-run", w.running];
    if (last.call === "stopped") return ["pl-wait", w.stopped];
    return ready(last, state) ? ["pl-wait pl-ready", w.ready(last.call)] : ["pl-wait", w.waiting(last.call)];
  }

  fill(panel, step, before) {
    const { w } = this, n = this.at, { i } = panel, here = step.process === i;
    const own = this.steps.slice(0, n).filter((s) => s.process === i);
    const [kind, text] = this.status(i, n), changed = n > 1 && text !== this.status(i, n - 1)[1];
    panel.element.classList.toggle("pl-here", here);
    panel.program.textContent = this.recording.processes[i].program;
    panel.status.textContent = text;
    panel.status.className = `pl-status ${kind}${changed ? " pl-new" : ""}`;
    const other = this.showSource(panel, own, here);
    // What it has printed; what was typed stands between, as on a screen.
    const lines = [];
    for (const s of own) {
      const fd = RECEIVES.test(s.call) && s.result != null && parseInt(s.result) > 0 && descriptor(s.state, i, parseInt(s.args[0]));
      const typed = fd && fd.fd === 0 && fd.socket == null ? unquoted((s.args[1] ?? "").replace(/^"|"\.{0,3}$/g, "")) : "";
      if (s.printed) lines.push(el("span", s === step ? "pl-fresh" : "", s.printed));
      if (typed) lines.push(el("kbd", s === step ? "pl-fresh" : "", typed));
    }
    panel.printed.replaceChildren(...(lines.length ? lines : [el("i", "", w.silent)]));
    panel.printed.classList.toggle("pl-new", here && lines.at(-1)?.className === "pl-fresh");
    panel.printed.scrollTop = panel.printed.scrollHeight;
    panel.table.replaceChildren(...this.descriptors(i, step.state, before), ...this.orphans(panel.process.role, step.state, before));
    this.find(panel, other || this.jumps);
  }

  /** What it has done so far, in place of its source. */
  showSteps(panel, own, here) {
    panel.source.replaceChildren(el("code", "", own.map((step) => put(el("span", "pl-line", line(step)), { "data-line": step.n, style: "--indent: 2ch" }))));
    panel.line = panel.source.firstChild.lastChild;
    panel.source.classList.toggle("pl-now", here);
    if (panel.line) put(panel.line, { "aria-current": "true" });
    // A tester's output and descriptors are nobody's business.
    panel.printed.hidden = panel.table.hidden = this.steps.every((step) => step.process !== panel.i || isSentence(step));
    return false;
  }

  /** Is it another file than before? */
  showSource(panel, own, here) {
    if (this.told) return this.showSteps(panel, own, here);
    const { w } = this, at = own.at(-1)?.source, last = own.findLast((s) => s.source)?.source;
    const file = last?.file ?? this.steps.find((s) => s.process === panel.i && s.source)?.source.file, text = this.recording.files[file];
    const key = `${panel.i} ${file}`, changed = panel.shown !== key;
    if (changed) {
      if (!this.listings.has(key)) this.listings.set(key, text == null ? el("i", "", w.hidden) : listing(file, text));
      panel.source.replaceChildren(this.listings.get(key));
      panel.source.ariaLabel = file?.split("/").at(-1) ?? w.hidden;
      panel.shown = key;
    }
    panel.source.querySelector("[aria-current]")?.removeAttribute("aria-current");
    panel.line = last && panel.source.querySelector(`[data-line="${last.line}"]`);
    panel.source.classList.toggle("pl-now", here);
    if (at && panel.line) put(panel.line, { "aria-current": "true" });
    return changed;
  }

  /** The current line and the first change among the sockets in sight: only boxes scroll, never the page. What was hidden has to do
      it when it is shown. */
  find({ source, line, table }, at_once) {
    const behavior = at_once || still.matches ? "auto" : "smooth", top = (line?.offsetTop ?? 0) - source.clientHeight * 0.4;
    source.scrollTo({ top, behavior });
    const changes = [...table.querySelectorAll(CHANGED)].map((change) => change.closest(".pl-plain, .pl-fds > *"));
    if (changes.length) {
      const bottom = changes.at(-1).offsetTop + changes.at(-1).offsetHeight - table.clientHeight;
      table.scrollTop = Math.min(changes[0].offsetTop - 8, Math.max(table.scrollTop, bottom));
    }
    shade(table);
  }

  /** The descriptor table, each socket in its place. What is gone since the step before is there once more, struck out. */
  descriptors(i, state, before) {
    const now = state.processes[i]?.descriptors ?? [], old = before.processes[i]?.descriptors ?? [], rows = [];
    const all = [...now, ...old.filter((o) => !now.some((d) => d.fd === o.fd))].sort((a, b) => a.fd - b.fd);
    for (const d of all) {
      const gone = !now.includes(d), was = old.find((o) => o.fd === d.fd), fresh = this.at > 1 && !gone && (!was || was.what !== d.what || was.socket !== d.socket);
      const group = rows.at(-1), what = this.w.what[d.what] ?? d.what;
      const kind = gone ? " pl-gone" : fresh ? " pl-new" : "";
      const number = el("b", "pl-fd", d.fd);
      if (d.socket == null && group?.what === d.what && group.kind === kind) {
        group.numbers.append(number);
        continue;
      }
      const numbers = el("span", "pl-numbers", number), socket = state.sockets.find((s) => s.id === d.socket);
      const value = gone || !socket ? el("span", "pl-what", gone ? this.w.gone : what) : this.socket(socket, before, state);
      rows.push({ what: d.socket == null && d.what, kind, numbers, element: el("div", `pl-row${kind}`, numbers, value) });
    }
    const plain = rows.filter((row) => row.what).map((row) => row.element);
    return [plain.length && el("div", "pl-plain", plain), ...rows.filter((row) => !row.what).map((row) => row.element)].filter(Boolean);
  }

  /** Sockets that no descriptor stands for. */
  orphans(role, state, before) {
    const held = new Set(state.processes.flatMap((p) => p.descriptors.map((d) => d.socket)));
    const earlier = new Set(this.steps.slice(0, this.at - 1).flatMap((s) => s.state.processes.flatMap((p) => p.descriptors.map((d) => d.socket))));
    return state.sockets.filter((s, i) => !(held.has(s.id) && state.sockets.findIndex((o) => o.id === s.id) === i) && this.owner(s.id).role === role).map((s) => {
      const why = earlier.has(s.id) || /WAIT|LAST|CLOS/.test(s.state) ? this.w.left : /SYN/.test(s.state) ? this.w.opening : this.w.waits;
      return el("div", "pl-orphan", el("p", "", why), this.socket(s, before, state));
    });
  }

  socket(s, before, state) {
    const { w } = this, old = again(before, s), first = this.at === 1;
    const values = (x) => [x.protocol.toUpperCase(), ...parts(x.local), ...parts(x.remote)];
    const now = values(s), was = old ? values(old) : [], fresh = (is) => (is && !first ? " pl-new" : "");
    const pieces = now.map((value, k) => put(el("span", `pl-piece pl-p${k + 1}${value ? "" : " pl-empty"}${fresh(value && value !== was[k])}`,
      el("i", "", "①②③④⑤"[k]), el("span", "", value || "—")), { title: `${"①②③④⑤"[k]} ${w.pieces[k]}` }));
    const bar = (label, n, m, kind) => el("span", `pl-queue pl-${kind}${fresh(n !== (m ?? 0))}${n ? " pl-some" : ""}`, el("span", "", label),
      put(el("i", "pl-bar"), { style: `--full: ${n ? Math.min(100, 14 + 5.4 * Math.log2(n)) : 0}%`, "aria-hidden": "true" }), el("b", "", w.bytes(n)));
    let queues;
    if (s.accept_queue != null) {
      const most = s.backlog ?? s.accept_queue, boxes = Math.max(most, s.accept_queue);
      queues = [el("span", `pl-queue pl-accept${fresh(s.accept_queue !== (old?.accept_queue ?? 0) || s.backlog !== (old?.backlog ?? null))}${s.accept_queue ? " pl-some" : ""}`, el("span", "", w.queue),
        boxes <= 12 && put(el("i", "pl-boxes", Array.from({ length: boxes }, (_, k) => el("i", (k < s.accept_queue ? "pl-full" : "") + (k >= most ? " pl-more" : "")))), { "aria-hidden": "true" }),
        el("b", "", `${s.accept_queue} / ${s.backlog ?? "?"}`))];
    } else queues = [bar(w.recv, s.recv_queue, old?.recv_queue, "recv"), bar(w.send, s.send_queue, old?.send_queue, "send")];
    const shared = new Set(holders(state, s.id).filter((i) => !/thread/.test(this.recording.processes[i].name))).size;
    const card = el("div", `pl-socket${fresh(!old)}`, el("div", "pl-pieces", pieces.slice(0, 3), el("b", `pl-state${fresh(s.state !== old?.state)}`, w.states[s.state] ?? s.state), pieces.slice(3)),
      el("div", "pl-queues", queues), shared > 1 && el("p", "pl-shared", w.same(shared)));
    card.dataset.socket = s.id;
    return card;
  }

  /** The wire: what crossed up to here, this step's last. */
  cross(n) {
    const { w, recording } = this, items = [], connections = new Set();
    for (const s of this.steps.flatMap((step) => step.segments)) connections.add([s.from, s.to].sort().join());
    this.steps.slice(0, n).forEach((step, i) => step.segments.forEach((s, k) => {
      const here = i === n - 1, right = this.fromClient(s), kind = /RST|unreachable/.test(s.flags) || s.dropped ? "pl-refusal" : s.len ? "pl-data" : "";
      const numbers = s.relative ? `seq ${s.relative[0]}${s.relative[1] == null ? "" : ` ack ${s.relative[1]}`}` : "";
      const flags = s.protocol === "tcp" ? s.flags : [s.protocol.toUpperCase(), s.flags.replace("ICMP", "")].join(" ").trim(), length = s.len ? w.bytes(s.len) : "";
      const ports = connections.size > 1 && `:${parts(s.from)[1]} → :${parts(s.to)[1]}`;
      const item = el("li", `pl-segment ${right ? "pl-to-right" : "pl-to-left"} ${kind}${s.dropped ? " pl-dropped" : ""} ${here ? "pl-this" : "pl-old"}`,
        el("span", "pl-label", el("b", "", flags), numbers && el("span", "pl-seq", numbers), length && el("span", "pl-len", length)),
        s.data && el("code", "pl-bytes", `"${cut(s.data, 60)}"`), ports && el("span", "pl-ports", ports), s.dropped && el("span", "pl-ports", w.dropped),
        put(el("i", "pl-arrow"), { role: "img", "aria-label": right ? `${w.sides.client} → ${w.sides.server}` : `${w.sides.server} → ${w.sides.client}` }));
      item.style.setProperty("--k", k);
      items.push(item);
    }));
    if (!this.steps[n - 1].segments.length) items.push(el("li", "pl-none", w.nothing));
    this.wire.replaceChildren(...items);
    // The last one stands at the bottom; what is older goes up and out of sight.
    this.wire.scrollTop = this.wire.scrollHeight;
  }

  fromClient({ from, to }) {
    const [a, b] = [this.end(from)?.role, this.end(to)?.role];
    return a ? a === "client" : b !== "client";
  }

  /** Whose an address is, by its port. */
  end(address) {
    if (!this.ports) {
      this.ports = new Map();
      const all = this.recordings.flatMap((r) => r.steps.flatMap((step) => step.state.sockets)).filter((s) => s.local);
      for (const s of all) if (!this.ports.has(parts(s.local)[1])) this.ports.set(parts(s.local)[1], this.owner(s.id));
    }
    return this.ports.get(parts(address)[1]);
  }
}

// ---- The page ----

function follow() {
  let hash = location.hash.slice(1);
  try { hash = decodeURIComponent(hash); } catch { /* then it is none of ours */ }
  for (const player of players) {
    const { scene } = player.box.dataset, step = hash.startsWith(scene) && /^-step-(\d+)$/.exec(hash.slice(scene.length));
    if (!step) continue;
    player.go(Number(step[1]), { quiet: true });
    used = player;
    player.box.scrollIntoView({ block: "start", behavior: "instant" });
  }
}

for (const box of document.querySelectorAll(".player")) {
  try {
    const recordings = read(box).filter(({ steps }) => steps.length);
    if (recordings.length) players.push(new Player(box, recordings));
  } catch (error) { // what stands there without the player is better than half a player
    box.classList.remove("pl-live");
    console.error(error);
  }
}
follow();
addEventListener("hashchange", follow);

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  // What can be scrolled sideways keeps these keys.
  if (event.target !== document.body && event.target.scrollWidth > event.target.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(event.target).overflowX)) return;
  // Of the players in sight the one with the focus, the one used last, or the one of which most is seen.
  const height = ({ box }) => Math.min(box.getBoundingClientRect().bottom, innerHeight) - Math.max(box.getBoundingClientRect().top, 0);
  const seen = players.filter((player) => height(player) > 0).sort((a, b) => height(b) - height(a));
  const player = seen.find(({ box }) => box.contains(event.target)) ?? seen.find((player) => player === used) ?? seen[0];
  if (!player) return;
  const act = { ArrowRight: () => player.next(), ArrowLeft: () => player.go(player.at - 1), Home: () => player.go(1), End: () => player.go(player.steps.length) }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
}
