'use strict';

// Asks the endpoint once per second, keeps the answers of a quarter of an hour, and draws them. Nothing is asked while
// the tab is hidden or paused; where answers are missing, the lines have a gap.

const EVERY_MS = 1000;
const PATIENCE_MS = 5000;
const KEEP_SECONDS = 15 * 60;
const GAP_SECONDS = 4;
const UNLIMITED = 2 ** 62;

const byId = id => document.getElementById(id);

// ---- Words and numbers

function bytes(n) {
  if (!known(n)) {
    return '–';
  }
  const unit = n < 1024 ? 0 : Math.min(6, Math.floor(Math.log2(n) / 10));
  const scaled = n / 1024 ** unit;
  const digits = unit === 0 || Number.isInteger(scaled) ? 0 : 1;
  return `${scaled.toFixed(digits)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'][unit]}`;
}

const count = n => known(n) ? Math.round(n).toLocaleString('en') : '–';
const percent = share => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
const known = n => n !== null && n !== undefined && !Number.isNaN(n);
const limited = n => known(n) && n < UNLIMITED;
const limitOf = n => limited(n) ? bytes(n) : 'none';

/** Not rounded up: what is not all is not 100 %. */
function hitRate(hits, all) {
  return all === 0 ? '–' : hits === all ? '100 %' : `${(Math.floor(1000 * hits / all) / 10).toFixed(1)} %`;
}

function plural(n, one, many = one + 's') {
  return `${count(n)} ${n === 1 ? one : many}`;
}

function duration(millis) {
  const seconds = millis / 1000;
  if (seconds < 1) {
    return `${Math.round(millis)} ms`;
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([length]) => seconds >= length);
  return parts.slice(first, first + 2)
      .map(([length, unit], i) => `${Math.floor((i === 0 ? seconds : seconds % parts[first][0]) / length)} ${unit}`)
      .join(' ');
}

function clock(seconds, withSeconds = true) {
  const time = new Date(seconds * 1000);
  const two = n => String(n).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}${withSeconds ? ':' + two(time.getSeconds()) : ''}`;
}

// ---- Elements that change in place, so that a selection, a focus and a screen reader stay where they are

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function say(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Makes the children of an element those of the items, one for each key, and lets each be updated. */
function sync(parent, items, keyOf, create, update) {
  const old = new Map(Array.from(parent.children, child => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const key = String(keyOf(item, i));
    const child = old.get(key) ?? create(item);
    old.delete(key);
    child.dataset.key = key;
    if (parent.children[i] !== child) {
      parent.insertBefore(child, parent.children[i] ?? null);
    }
    update(child, item);
  });
  old.forEach(child => child.remove());
}

/** A table; a column is {title, value, class, bar}. */
function table(parent, caption, columns, rows, keyOf) {
  if (!parent.firstElementChild?.matches('.table')) {
    parent.replaceChildren(make('div', {class: 'table', tabindex: 0, role: 'region', 'aria-label': caption},
        make('table', {},
            make('thead', {}, make('tr', {},
                ...columns.map(c => make('th', {scope: 'col', class: c.class ?? ''}, c.title)))),
            make('tbody'))));
  }
  sync(parent.querySelector('tbody'), rows, keyOf,
      () => make('tr', {}, ...columns.map((c, i) =>
          make(i === 0 ? 'th' : 'td', {class: c.class ?? '', ...(i === 0 ? {scope: 'row'} : {})},
              ...(c.bar ? [bar()] : [])))),
      (tr, row) => columns.forEach((c, i) =>
          c.bar ? fill(tr.children[i].firstChild, ...c.bar(row)) : say(tr.children[i], c.value(row))));
}

const bar = () => make('div', {class: 'bar', role: 'img'}, make('i', {class: 'in-flight'}), make('i', {class: 'idle'}));

function fill(element, inFlight, idle, whole) {
  const share = n => whole > 0 ? Math.min(1, n / whole) : 0;
  element.children[0].style.width = `${100 * share(inFlight)}%`;
  element.children[1].style.width = `${100 * Math.min(share(idle), 1 - share(inFlight))}%`;
  element.setAttribute('aria-label',
      `${bytes(inFlight)} in flight and ${bytes(idle)} idle of ${bytes(whole)}`);
}

// ---- Charts

const colors = {};

function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['in-flight', 'idle', 'wanted', 'limit', 'resident', 'quiet', 'line']) {
    colors[name] = style.getPropertyValue('--' + name).trim();
  }
}

const POWERS = Array.from({length: 60}, (_, i) => 2 ** i);
const SECONDS = [1, 5, 10, 15, 30, 60, 120, 300, 600];
const COUNTS = Array.from({length: 36}, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));

/**
 * A chart of some series over time, with a key below it that says the values of now, or of where the pointer is. A
 * series is {name, color, of, say, unit, filled, dashed}: of finds its value in a sample, say what the key says
 * instead.
 */
class Chart {
  constructor(id, format, series) {
    this.target = byId(id);
    this.key = byId(id + '-key');
    this.title = byId(id + '-title').textContent;
    this.format = format;
    this.series = series;
    this.samples = [];
    const grid = {stroke: () => colors.line, width: 1};
    const ticks = {show: false};
    const axis = {stroke: () => colors.quiet, grid, ticks, font: '12px system-ui, sans-serif'};
    this.plot = new uPlot({
      width: this.target.clientWidth,
      height: this.target.clientHeight,
      padding: [8, 26, 0, 0],
      legend: {show: false},
      cursor: {drag: {x: false, y: false}, y: false, sync: {key: 'sluice'}, points: {show: false}},
      scales: {
        x: {time: true, range: () => shownSpan()},
        y: {range: (plot, low, high) => [0, Math.max(format === count ? 4 : 1024, (high ?? 0) * 1.08)]},
      },
      axes: [
        {...axis, space: 60, size: 28, grid: {show: false}, incrs: SECONDS,
          values: (plot, at, i, space, step) => at.map(t => clock(t, step < 60))},
        {...axis, size: format === count ? 44 : 72, space: 34, incrs: format === count ? COUNTS : POWERS,
          values: (plot, at) => at.map(format)},
      ],
      series: [{}, ...series.map(s => ({
        stroke: () => colors[s.color],
        fill: s.filled ? () => colors[s.color] : undefined,
        width: s.filled ? 0 : 2,
        dash: s.dashed ? [6, 4] : undefined,
        points: {show: false},
        spanGaps: false,
      }))],
      hooks: {setCursor: [() => this.tell()]},
    }, [[], ...series.map(() => [])], this.target);
    new ResizeObserver(() => this.plot.setSize({
      width: this.target.clientWidth,
      height: this.target.clientHeight,
    })).observe(this.target);
  }

  draw(samples) {
    this.samples = samples;
    this.plot.setData([
      samples.map(s => s.at),
      ...this.series.map(series => samples.map(s => s.gap ? null : series.of(s) ?? null)),
    ]);
    this.tell();
  }

  /** Says in words what there is to see. */
  tell() {
    const pointed = this.plot?.cursor.idx;
    const sample = this.samples[pointed ?? this.samples.length - 1];
    if (sample === undefined || sample.gap) {
      return;
    }
    const told = this.series.filter(s => known(s.say ? s.say(sample) : s.of(sample)));
    const items = told.map(s => ({s, text: this.format((s.say ?? s.of)(sample)) + (s.unit ?? '')}));
    if (known(pointed)) {
      items.push({text: clock(sample.at)});
    }
    sync(this.key, items, item => item.s?.name ?? 'time',
        item => item.s
            ? make('li', {class: item.s.color + (item.s.filled ? '' : ' line')},
                make('span', {}, item.s.name + ' ', make('b')))
            : make('li', {class: 'at'}, make('span', {}, 'at ', make('b'))),
        (li, item) => say(li.querySelector('b'), item.text));
    if (!known(pointed)) {
      this.target.setAttribute('aria-label',
          `${this.title}, a chart over time. Now: ${items.map(i => `${i.s.name} ${i.text}`).join(', ')}.`);
    }
  }
}

// ---- What is known

const history = [];
let last = null;
let scope = '';

/** Memory beyond the budget has a budget of its own, which would only blur what the other says. */
const isOverflow = ({name}) => name.endsWith('-overflow');

/** What is chosen: one pool, or all but the overflow. */
const chosen = answer => answer.pools.filter(pool => scope === '' ? !isOverflow(pool) : pool.name === scope);

/** The sum of the limits; null if there is none. */
function limitOfAll(limits) {
  return limits.every(limited) ? sum(limits, limit => limit) : null;
}

/** The numbers of one answer. */
function sampleOf(answer) {
  const pools = chosen(answer);
  const total = name => sum(pools, pool => pool.stats[name]);
  return {
    at: timeOf(answer),
    inFlight: total('bytesInUse'),
    idle: total('idleBytes'),
    buffers: total('buffersInUse'),
    demand: total('demand'),
    demandBytes: total('demandBytes'),
    pending: total('pending'),
    limit: scope === ''
        ? limitOfAll(answer.budgets.filter(budget => !isOverflow(budget)).map(budget => budget.limitBytes))
        : limitOfAll(pools.map(pool => pool.stats.limitBytes)),
    acquisitions: total('totalAcquisitions'),
    acquiredBytes: sum(pools, pool => pool.acquiredBytes),
    resident: answer.process.residentBytes,
    heap: answer.process.heapUsedBytes,
    direct: answer.process.directUsedBytes,
  };
}

const sum = (items, of) => items.reduce((total, item) => total + (of(item) ?? 0), 0);

/** Samples of the scope with rates: what came between one answer and the next. */
function samples() {
  const from = shownSpan()[0] - 5;
  const found = [];
  let before = null;
  for (const answer of history) {
    const s = sampleOf(answer);
    if (s.at < from) {
      continue;
    }
    const seconds = before === null ? 0 : s.at - before.at;
    const restarted = before !== null && s.acquisitions < before.acquisitions;
    if (seconds > GAP_SECONDS || restarted) {
      found.push({at: before.at + seconds / 2, gap: true});
    } else if (seconds > 0) {
      s.bytesPerSecond = (s.acquiredBytes - before.acquiredBytes) / seconds;
      s.buffersPerSecond = (s.acquisitions - before.acquisitions) / seconds;
    }
    found.push(s);
    before = s;
  }
  return found;
}

const timeOf = answer => Date.parse(answer.time) / 1000;

/** As long as was chosen, but a page that was just opened begins with a minute. */
function shownSpan() {
  const end = last === null ? Date.now() / 1000 : timeOf(last);
  const seconds = history.length === 0 ? 0 : end - timeOf(history[0]);
  return [end - Math.max(60, Math.min(seconds, Number(byId('span').value))), end];
}

function remember(answer) {
  while (history.length > 0 && timeOf(history[0]) < timeOf(answer) - KEEP_SECONDS - 10) {
    history.shift();
  }
  history.push(answer);
  last = answer;
}

// ---- What is shown

let charts = [];

/** A limit far above what is used would press everything else to the ground: then only the key tells it. */
let limitIsNear = false;

function makeCharts() {
  readColors();
  const total = s => s.inFlight + s.idle;
  charts = [
    new Chart('memory', bytes, [
      {name: 'idle', color: 'idle', of: total, say: s => s.idle, filled: true},
      {name: 'in flight', color: 'in-flight', of: s => s.inFlight, filled: true},
      {name: 'in flight and demand', color: 'wanted', of: s => s.inFlight + s.demandBytes},
      {name: 'limit', color: 'limit', dashed: true, of: s => limitIsNear ? s.limit : null,
        say: s => limited(s.limit) ? s.limit : null},
    ]),
    new Chart('throughput', bytes, [
      {name: 'leased', color: 'in-flight', of: s => s.bytesPerSecond, unit: '/s', filled: true},
    ]),
    new Chart('waiting', count, [
      {name: 'requests that wait', color: 'wanted', of: s => s.pending, filled: true},
      {name: 'buffers wanted', color: 'resident', of: s => s.demand},
    ]),
    new Chart('resident', bytes, [
      {name: 'resident set', color: 'resident', of: s => s.resident},
      {name: 'heap used', color: 'in-flight', of: s => s.heap},
      {name: 'direct buffers', color: 'wanted', of: s => s.direct},
    ]),
  ];
}

function show() {
  if (last === null) {
    return;
  }
  const several = last.pools.filter(pool => !isOverflow(pool)).length > 1;
  const scopes = several ? ['', ...last.pools.map(pool => pool.name)] : [''];
  if (!scopes.includes(scope)) {
    scope = '';
  }
  sync(byId('pool'), scopes, name => name, name => new Option(name || 'all', name), () => {});
  byId('pool').value = scope;
  byId('pool-choice').hidden = !several;
  const drawn = samples();
  limitIsNear = drawn.some(s => limited(s.limit) && s.inFlight + s.idle + s.demandBytes > s.limit / 6);
  charts.forEach(chart => chart.draw(drawn));
  showHealth(last.health);
  showTiles(drawn[drawn.length - 1]);
  showBudgets();
  showSizes();
  showLeases();
  showFacts();
}

const HEALTH = {
  UP: ['good', 'healthy'],
  DEGRADED: ['fair', 'degraded'],
  OUT_OF_SERVICE: ['bad', 'out of service'],
  DOWN: ['bad', 'down'],
};

function showHealth(health) {
  const [tone, word] = HEALTH[health.status] ?? ['fair', health.status.toLowerCase()];
  const badge = byId('health');
  badge.hidden = false;
  badge.className = 'badge ' + tone;
  say(badge, health.reason ? `${word}: ${health.reason}` : word);
}

function showTiles(now) {
  const pools = chosen(last);
  const hits = sum(pools, pool => pool.stats.hits);
  const lost = sum(pools, pool => pool.stats.lost);
  const peak = scope === ''
      ? sum(last.budgets.filter(budget => !isOverflow(budget)), budget => budget.peakBytes)
      : sum(pools, pool => pool.stats.peakBytes);
  const overflow = last.pools.filter(isOverflow);
  const tiles = [
    ['In flight', bytes(now.inFlight), plural(now.buffers, 'buffer')
        + (limited(now.limit) ? `, ${percent(now.inFlight / now.limit)} of the limit` : '')],
    ['Idle', bytes(now.idle), limited(now.limit) ? `${percent(now.idle / now.limit)} of the limit` : ''],
    ['Limit', limitOf(now.limit), `peak ${bytes(peak)}`],
    ['Demand', bytes(now.demandBytes), plural(now.demand, 'buffer') + ' wanted'],
    ['Waiting', count(now.pending), (now.pending === 1 ? 'request' : 'requests') + ' for memory'],
    ['Throughput', known(now.bytesPerSecond) ? bytes(now.bytesPerSecond) + '/s' : '–',
      known(now.buffersPerSecond) ? `${plural(now.buffersPerSecond, 'buffer')} per second` : 'buffers per second'],
    ['Resident set', bytes(now.resident), 'of the process'],
    ['Hit rate', hitRate(hits, now.acquisitions), 'found a free buffer'],
    ['Lost leases', count(lost), 'never released', lost > 0],
    ['Overflow', bytes(sum(overflow, pool => pool.stats.bytesInUse)),
      `${plural(sum(overflow, pool => pool.stats.totalAcquisitions), 'buffer')} in all`],
  ];
  sync(byId('tiles'), tiles, tile => tile[0],
      tile => make('div', {}, make('dt', {}, tile[0]), make('dd'), make('dd', {class: 'note'})),
      (div, [, value, note, alert]) => {
        div.classList.toggle('alert', Boolean(alert));
        say(div.children[1], value);
        say(div.children[2], note);
      });
}

function showBudgets() {
  const parent = byId('budgets');
  if (parent.firstElementChild === null) {
    parent.append(make('ul', {class: 'tree'}));
  }
  showTree(parent.firstElementChild, last.budgets);
}

function showTree(list, budgets) {
  sync(list, budgets, (budget, i) => budget.name + ' ' + i,
      budget => make('li', {}, make('div', {},
          make('p', {}, make('strong', {}, budget.name), make('span')), bar()), make('ul')),
      (li, budget) => {
        const [text, shown] = li.firstChild.children;
        const whole = limited(budget.limitBytes) ? budget.limitBytes : Math.max(budget.peakBytes, 1);
        say(text.lastChild, `${bytes(budget.usedBytes)} of ${limitOf(budget.limitBytes)}, `
            + `peak ${bytes(budget.peakBytes)}` + (budget.pending > 0 ? `, ${count(budget.pending)} waiting` : ''));
        fill(shown, budget.inUseBytes, budget.idleBytes, whole);
        showTree(li.lastChild, budget.children);
      });
}

let allSizes = false;

/** Of many sizes, those that never had a hundredth of the memory are left out until they are asked for, or wanted. */
function showSizes() {
  const rows = sizeRows();
  const most = Math.max(...rows.map(row => row.inUse + row.idle));
  const peaks = sum(rows, row => row.peak);
  const large = rows.filter(row => rows.length <= 8 || row.peak >= peaks / 100 || row.pending > 0);
  const button = byId('all-sizes');
  button.hidden = large.length === rows.length;
  button.setAttribute('aria-expanded', String(allSizes));
  say(button, allSizes ? 'Large ones only' : `All ${rows.length} sizes`);
  byId('no-sizes').hidden = rows.length > 0;
  byId('sizes').hidden = rows.length === 0;
  table(byId('sizes'), 'Size classes', [
    {title: 'Size', value: row => known(row.capacity) ? bytes(row.capacity) : 'larger'},
    {title: 'Memory', class: 'bars', bar: row => [row.inUse, row.idle, most]},
    {title: 'In flight', value: row => count(row.used)},
    {title: 'Idle', value: row => count(row.free)},
    {title: 'Wanted', value: row => count(row.demand), class: 'wide'},
    {title: 'Waiting', value: row => count(row.pending)},
    {title: 'Leased', value: row => count(row.all), class: 'wide'},
    {title: 'Hits', value: row => hitRate(row.hits, row.all), class: 'wide'},
  ], allSizes ? rows : large, row => row.capacity);
}

/** The size classes of all chosen pools, each size once. */
function sizeRows() {
  const rows = new Map();
  for (const {capacity, stats} of chosen(last).flatMap(pool => pool.sizes)) {
    const row = rows.get(capacity)
        ?? {capacity, inUse: 0, idle: 0, peak: 0, used: 0, free: 0, pending: 0, demand: 0, hits: 0, all: 0};
    row.inUse += stats.bytesInUse;
    row.idle += stats.idleBytes;
    row.peak += stats.peakBytes;
    row.used += stats.buffersInUse;
    row.free += stats.availableBuffers;
    row.pending += stats.pending;
    row.demand += stats.demand;
    row.hits += stats.hits;
    row.all += stats.totalAcquisitions;
    rows.set(capacity, row);
  }
  return Array.from(rows.values()).sort((a, b) => (a.capacity ?? Infinity) - (b.capacity ?? Infinity));
}

function showLeases() {
  const {detection, oldest, waiting} = last.leases;
  const here = item => scope === '' ? !isOverflow({name: item.pool}) : item.pool === scope;
  list('leases', 'Oldest leases', oldest.filter(here),
      detection === 'OFF' ? 'Nothing is watched: leak detection is off.' : 'No watched lease is out.', [
        {title: 'Age', value: lease => duration(lease.ageMillis)},
        {title: 'Size', value: lease => bytes(lease.capacity)},
        {title: 'Taken', class: 'text', value: lease => lease.holder ?? lease.takenAt[0] ?? 'unknown'},
        {title: 'Last touch', class: 'text wide', value: lease => lease.lastTouch ?? '–'},
        {title: 'Pool', class: 'text wide', value: lease => lease.pool},
      ]);
  list('waits', 'Longest waits', waiting.filter(here), 'Nobody waits for memory.', [
    {title: 'Waiting', value: request => duration(request.ageMillis)},
    {title: 'Size', value: request => bytes(request.size)},
    {title: 'Who', class: 'text', value: request => request.holder ?? 'unknown'},
    {title: 'Why', class: 'text wide', value: request => request.reason},
    {title: 'Pool', class: 'text wide', value: request => request.pool},
  ]);
}

/** A table, or a sentence where it would be empty. */
function list(id, caption, rows, sentence, columns) {
  if (rows.length > 0) {
    table(byId(id), caption, columns, rows, (row, i) => i);
  } else if (byId(id).textContent !== sentence) {
    byId(id).replaceChildren(make('p', {class: 'empty'}, sentence));
  }
}

function showFacts() {
  const {process, exhaustion} = last;
  const pools = chosen(last);
  const facts = [
    ['Running for', duration(process.uptimeMillis)],
    ['Process', `${process.pid}`],
    ['Leased', plural(sum(pools, p => p.stats.totalAcquisitions), 'buffer')],
    ['Released', plural(sum(pools, p => p.stats.totalReleases), 'buffer')],
    ['Leased bytes', bytes(sum(pools, p => p.acquiredBytes))],
    ['Misses', count(sum(pools, p => p.stats.misses))],
    ['Given back', bytes(sum(pools, p => p.stats.shrunkBytes))],
    ['Reclaimed', bytes(sum(pools, p => p.stats.reclaimedBytes))],
    ['Heap', `${bytes(process.heapUsedBytes)} of ${bytes(process.heapMaxBytes)}`],
    ['Leak detection', (last.leases.detection ?? '–').toLowerCase()],
    ['When memory is short', exhausted(exhaustion)],
  ];
  sync(byId('more'), facts, fact => fact[0],
      fact => make('div', {}, make('dt', {}, fact[0]), make('dd')),
      (div, fact) => say(div.lastChild, fact[1]));
}

function exhausted(exhaustion) {
  const policy = exhaustion.policy.toLowerCase();
  return known(exhaustion.deadlineMillis) ? `${policy}, ${duration(exhaustion.deadlineMillis)} at most` : policy;
}

// ---- Asking

/** The endpoint is one level above this page, wherever that is mounted. */
const endpoint = location.pathname.replace(/\/[^/]*\/?$/, '');
let paused = false;
let asking = false;
let gone = false;
let timer = 0;

async function ask() {
  clearTimeout(timer);
  if (asking || paused || document.hidden) {
    return;
  }
  asking = true;
  const started = performance.now();
  try {
    const answer = await fetch(endpoint, {
      headers: {Accept: 'application/json'},
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!answer.ok) {
      throw new Error(refused(answer.status));
    }
    remember(await answer.json());
    found();
    show();
  } catch (e) {
    lost(e);
  } finally {
    asking = false;
    timer = setTimeout(ask, Math.max(100, EVERY_MS - (performance.now() - started)));
  }
}

function refused(status) {
  if (status === 401 || status === 403) {
    return `The server wants a login (${status}): log in, then reload this page.`;
  }
  return status === 404 ? 'The endpoint is not there (404).' : `The server answered ${status}.`;
}

function found() {
  gone = false;
  byId('gone').hidden = true;
  document.body.classList.remove('stale');
  if (!paused) {
    state('good', 'live');
  }
}

function lost(e) {
  const why = e.name === 'TimeoutError' ? `The server did not answer within ${PATIENCE_MS / 1000} s.`
      : e instanceof TypeError ? 'The server is not to be reached.' : e.message;
  const since = last === null ? '' : ` What is shown is from ${clock(timeOf(last))}.`;
  if (!gone) {
    gone = true;
    console.warn(e);
  }
  say(byId('gone'), `${why}${since} Trying again every second.`);
  byId('gone').hidden = false;
  byId('health').hidden = true;
  document.body.classList.add('stale');
  state('bad', 'no answer');
}

function state(tone, word) {
  const badge = byId('link');
  badge.className = 'badge ' + tone;
  say(badge, word);
}

// ---- Controls

byId('pause').addEventListener('click', event => {
  paused = !paused;
  event.target.setAttribute('aria-pressed', String(paused));
  if (paused) {
    state('fair', 'paused');
  }
  ask();
});
byId('span').addEventListener('change', show);
byId('pool').addEventListener('change', event => {
  scope = event.target.value;
  show();
});
byId('all-sizes').addEventListener('click', () => {
  allSizes = !allSizes;
  showSizes();
});
document.addEventListener('visibilitychange', ask);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  readColors();
  charts.forEach(chart => chart.plot.redraw());
});

makeCharts();
ask();
