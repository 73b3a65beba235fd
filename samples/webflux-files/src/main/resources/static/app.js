'use strict';

const element = id => document.getElementById(id);

/** An element with attributes and what is in it. */
function make(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function size(bytes) {
  const unit = bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10);
  return `${(bytes / 1024 ** unit).toFixed(unit ? 1 : 0)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}

function row(file) {
  const at = 'files/' + encodeURIComponent(file.name);
  const remove = make('button', {type: 'button', class: 'quiet', 'aria-label': 'Delete ' + file.name}, 'Delete');
  remove.addEventListener('click', async () => {
    await fetch(at, {method: 'DELETE'}).then(ok).catch(complain);
    list();
  });
  return make('tr', {},
      make('th', {scope: 'row'}, make('a', {href: at, download: file.name}, file.name)),
      make('td', {class: 'number'}, size(file.bytes)),
      make('td', {class: 'number lines'}, file.lines.toLocaleString('en')),
      make('td', {class: 'wide'}, make('code', {title: file.sha256}, file.sha256.slice(0, 16) + '…')),
      make('td', {class: 'actions'}, make('a', {href: at + '?gzip', download: file.name + '.gz'}, 'gzip'), remove));
}

async function list() {
  try {
    const files = await (await ok(await fetch('files'))).json();
    element('files').replaceChildren(...files.map(row));
    element('empty').hidden = files.length > 0;
  } catch (e) {
    complain(e);
  }
}

async function ok(response) {
  if (!response.ok) {
    throw new Error(detail(await response.text()) || response.statusText);
  }
  return response;
}

/** What a problem detail in JSON says. */
function detail(text) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return '';
  }
}

function complain(e) {
  element('problem').textContent = e.message;
  element('problem').hidden = false;
}

/** Lists one file and returns what sends it; only XMLHttpRequest tells how much of it has gone. */
function prepare(file) {
  const bar = make('progress', {max: 1, value: 0, 'aria-label': file.name});
  const state = make('span', {}, 'waits');
  const stop = make('button', {type: 'button', class: 'quiet', 'aria-label': 'Stop ' + file.name}, 'Stop');
  const item = make('li', {}, make('span', {}, file.name), state, stop, bar);
  const request = new XMLHttpRequest();
  let stopped = false;
  const failed = why => {
    item.className = 'failed';
    state.textContent = why;
    stop.remove();
  };
  stop.addEventListener('click', () => {
    stopped = true;
    request.abort();
    failed('stopped');
  });
  element('uploads').append(item);
  return () => new Promise(done => {
    if (stopped) {
      done();
      return;
    }
    const started = performance.now();
    request.upload.onprogress = event => {
      bar.value = event.total === 0 ? 1 : event.loaded / event.total;
      const seconds = (performance.now() - started) / 1000;
      state.textContent = `${size(event.loaded)} of ${size(event.total)}, ${size(event.loaded / seconds)}/s`;
    };
    request.onload = () => {
      if (request.status === 201) {
        item.remove();
        list();
      } else {
        failed(detail(request.responseText) || `refused: ${request.status}`);
      }
    };
    request.onerror = () => failed('the connection was lost');
    request.onloadend = done;
    request.open('PUT', 'files/' + encodeURIComponent(file.name));
    request.send(file);
  });
}

/** Three at a time: a browser has few connections to one server, and the list needs one. */
const queue = [];
let running = 0;

function send(files) {
  element('problem').hidden = true;
  queue.push(...Array.from(files, prepare));
  next();
}

function next() {
  while (running < 3 && queue.length > 0) {
    running++;
    queue.shift()().then(() => {
      running--;
      next();
    });
  }
}

const drop = element('drop');
for (const name of ['dragenter', 'dragover']) {
  drop.addEventListener(name, event => {
    event.preventDefault();
    drop.className = 'over';
  });
}
drop.addEventListener('dragleave', () => drop.className = '');
drop.addEventListener('drop', event => {
  event.preventDefault();
  drop.className = '';
  send(event.dataTransfer.files);
});
element('choose').addEventListener('change', event => {
  send(event.target.files);
  event.target.value = '';
});

list();
