// The academy: Node's own HTTP server, and documents in memory. ACADEMY_FAULTS names what goes wrong.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const faults = new Set((process.env.ACADEMY_FAULTS || '').split(',').filter(Boolean))
const wrong = name => faults.has(name)
const BASE = '/api/v2'
const TOKENS = { 'token-of-ada': 'tch_ada', 'token-of-linus': 'tch_linus' }
const moment = () => new Promise(resolve => setTimeout(resolve, 8))

// What is kept

const courses = [], lessons = [], students = [], enrolments = []
const remembered = new Map()
let serial = 0
let lastStudent = 1000

const now = () => new Date().toISOString()
const code = prefix => prefix + randomBytes(16).toString('base64').toLowerCase().replace(/[^a-z0-9]/g, '').padEnd(12, '0').slice(0, 12)

class Refusal extends Error {
  constructor(status, code, message, details) {
    super(message)
    Object.assign(this, { status, code, details })
  }
}
const missing = what => new Refusal(404, 'not_found', `there is no such ${what}`)
const conflict = message => new Refusal(409, 'conflict', message)

// Validation

const letters = text => wrong('length_in_utf16') ? text.length : [...text].length
const text = (min, max, pattern) => value => {
  if (typeof value !== 'string') return 'is no text'
  if (letters(value) < min || letters(value) > max) return `is not ${min} to ${max} characters long`
  if (pattern && !pattern.test(value)) return 'has another form'
}
const whole = (min, max) => value => Number.isInteger(value) && value >= min && value <= max ? undefined : `is no whole number of ${min} to ${max}`
const number = (min, max) => value => typeof value === 'number' && value >= min && value <= max ? undefined : `is no number of ${min} to ${max}`
const flag = value => typeof value === 'boolean' ? undefined : 'is neither true nor false'
const among = (...values) => value => values.includes(value) ? undefined : `is none of ${values.join(', ')}`
const orNull = check => value => value === null ? undefined : check(value)
const array = (max, check, unique) => value => {
  if (!Array.isArray(value)) return 'is no array'
  if (value.length > max) return `has more than ${max} entries`
  if (unique && new Set(value).size < value.length) return 'has an entry twice'
  return value.map(check).find(Boolean)
}
const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)
const map = (max, check) => value => {
  if (!isObject(value)) return 'is no object'
  if (Object.keys(value).length > max) return `has more than ${max} members`
  return Object.values(value).map(check).find(Boolean)
}
const shape = checks => value => {
  if (!isObject(value)) return 'is no object'
  for (const name of Object.keys(value)) if (!(name in checks)) return `has an unknown member ${name}`
  for (const [name, check] of Object.entries(checks)) {
    const found = name in value ? check(value[name]) : 'is missing'
    if (found) return `.${name} ${found}`
  }
}
const isDay = value => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString().startsWith(value)
const day = value => typeof value === 'string' && isDay(value) ? undefined : 'is no date'
const time = value => {
  const parts = typeof value === 'string' && /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(value)
  return parts && isDay(parts[1]) ? undefined : 'is no time'
}
const email = value => text(3, 80)(value) || (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? undefined : 'is no address')

const SLUG = text(3, 40, /^[a-z][a-z0-9-]{2,39}$/)
const PRICE = shape({ amount: text(1, 12, /^(0|[1-9][0-9]{0,5})\.[0-9]{2}$/), currency: among('EUR', 'USD', 'GBP') })
const COURSE = {
  slug: SLUG, title: text(3, 70), summary: orNull(text(0, 1500)), level: among('beginner', 'intermediate', 'advanced'), price: orNull(PRICE),
  seats: whole(1, wrong('most_seats_refused') ? 499 : 500), tags: array(6, text(1, 16), true), starts_on: orNull(day), published: flag,
  metadata: map(10, text(0, 100)),
}
const LESSON = { title: text(1, 90), minutes: whole(1, 600), kind: among('video', 'text', 'quiz'), body: orNull(text(0, 3000)), opens_at: orNull(time) }
const STUDENT = {
  email, name: text(1, 60), phone: orNull(text(1, 20, /^\+[1-9][0-9]{6,13}$/)), born_on: orNull(day), remarks: array(20, text(1, 200)),
}
const STATUSES = ['active', 'paused', 'completed', 'cancelled']
const MOVES = { active: ['paused', 'completed', 'cancelled'], paused: ['active', 'cancelled'], completed: [], cancelled: [] }
const NEW_ENROLMENT = { student_id: whole(1, Number.MAX_SAFE_INTEGER), note: orNull(text(0, 300)) }
const ENROLMENT = { status: among(...STATUSES), grade: orNull(number(0, 100)), note: orNull(text(0, 300)) }

function checked(body, checks, needed = []) {
  if (!isObject(body)) throw new Refusal(422, 'invalid', 'the body is no object')
  const details = needed.filter(name => !(name in body)).map(name => `${name} is missing`)
  const kept = {}
  for (const [name, check] of Object.entries(checks)) {
    if (!(name in body)) continue
    const found = check(body[name])
    if (found) details.push(`${name} ${found}`)
    else kept[name] = body[name]
  }
  if (details.length) throw Object.assign(new Refusal(422, 'invalid', details[0], details), { kept })
  return kept
}

// RFC 7396
function merged(target, patch) {
  if (!isObject(patch)) return patch
  const result = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

// Reading a request

function asked(url, checks) {
  const found = {}
  for (const [name, [kind, min, max, usual]] of Object.entries(checks)) {
    const raw = url.searchParams.getAll(name).at(-1)
    if (raw === undefined) {
      found[name] = usual
      continue
    }
    const bad = new Refusal(400, 'bad_parameter', `${name} cannot be ${raw}`)
    if (kind === 'whole') {
      if (!/^-?\d{1,15}$/.test(raw) || +raw < min || +raw > max) throw bad
      found[name] = +raw
    } else if (kind === 'text') {
      if ([...raw].length < min || [...raw].length > max) throw bad
      found[name] = raw
    } else if (kind === 'flag') {
      if (raw !== 'true' && raw !== 'false') throw bad
      found[name] = raw === 'true'
    } else {
      if (!min.includes(raw)) throw bad
      found[name] = raw
    }
  }
  return found
}
const SIZE = { first: ['whole', 1, wrong('first_unbounded') ? 1e6 : 50, 20], after: ['text', 0, 100, undefined] }

function page(items, { first, after }, key = () => 0, descending = false) {
  const order = (one, other) => {
    const [a, b] = [key(one), key(other)]
    const found = typeof a === 'string' ? a.localeCompare(b) : a - b
    return (descending ? -found : found) || one.serial - other.serial
  }
  const sorted = [...items].sort(order)
  let rest = sorted
  if (after !== undefined) {
    let place
    try {
      place = JSON.parse(Buffer.from(after, 'base64url').toString())
    } catch {
      throw new Refusal(400, 'bad_cursor', 'after is no cursor')
    }
    if (!Number.isInteger(place)) throw new Refusal(400, 'bad_cursor', 'after is no cursor')
    const last = [...courses, ...enrolments].find(one => one.serial === place)
    if (!last) throw new Refusal(400, 'bad_cursor', 'after is no cursor')
    rest = sorted.filter(one => order(last, one) < 0)
    if (wrong('cursor_skips')) rest = rest.slice(1)
    if (wrong('cursor_repeats')) rest = [last, ...rest]
  }
  const size = wrong('first_ignored') ? 20 : wrong('first_capped_at_four') ? Math.min(first, 4) : first
  const shown = rest.slice(0, size)
  let more = rest.length > shown.length
  if (wrong('pages_end_early') && after !== undefined) more = false
  if (wrong('capped_and_says_it_is_all') && shown.length > 5) {
    shown.length = 5
    more = false
  }
  return { shown, info: { has_next_page: more, end_cursor: shown.length ? Buffer.from(JSON.stringify(shown.at(-1).serial)).toString('base64url') : null } }
}

// Courses

const isTheirs = (one, who) => one.teacher_id === who
const lessonsOf = course => lessons.filter(one => one.course_id === course.id)
const enrolmentsOf = course => enrolments.filter(one => one.course_id === course.id)

function courseShown(course) {
  const taken = course.counted ?? enrolmentsOf(course).length
  const { serial, counted, deleted_at, full, ...rest } = course
  const is_full = wrong('is_full_stale') ? (course.full ??= false) : wrong('is_full_one_late') ? taken > course.seats : taken >= course.seats
  return { ...rest, lesson_count: lessonsOf(course).length, enrolled_count: taken, is_full, deleted_at: deleted_at ?? null }
}
const count = (course, by) => {
  if (wrong('enrolled_count_only_grows') || wrong('enrolled_count_lost') || wrong('refused_enrolment_counts')) {
    course.counted ??= enrolmentsOf(course).length - (wrong('refused_enrolment_counts') ? 0 : by)
    course.counted += by
  }
}

function tagOf(course) {
  if (wrong('tag_constant')) return `"${course.id}"`
  if (wrong('tag_each_time_another')) return `"${++serial}"`
  return `"${createHash('sha1').update(JSON.stringify(courseShown(course))).digest('hex').slice(0, 16)}"`
}

function courseAt(id, who, { fault, deleted = false } = {}) {
  const course = courses.find(one => one.id === id)
  if (!course || (!isTheirs(course, who) && !(fault && wrong(fault)))) throw missing('course')
  if (!!course.deleted_at !== deleted && !(wrong('removed_still_read') && fault === 'course_of_others_read')
    && !(wrong('removed_still_edited') && fault === 'course_of_others_edited')
    && !(wrong('restored_twice') && deleted)) throw missing('course')
  return course
}

function slugIsFree(slug, who) {
  if (wrong('slug_unchecked')) return
  const taken = courses.some(one => one.slug === slug && (!one.deleted_at || wrong('removed_slug_stays_taken'))
    && (!wrong('slug_unique_by_teacher') || isTheirs(one, who)))
  if (taken) throw conflict(`the slug ${slug} is taken`)
}

function kept(course) {
  if (wrong('title_trimmed')) course.title = course.title.trim()
  if (wrong('title_collapsed')) course.title = course.title.replace(/ {2,}/g, ' ')
  if (wrong('summary_cut') && course.summary) course.summary = course.summary.slice(0, 1024)
  if (wrong('summary_empty_is_null') && course.summary === '') course.summary = null
  if (wrong('summary_without_emoji') && course.summary) course.summary = course.summary.replace(/[\u{10000}-\u{10ffff}]/gu, '')
  if (wrong('summary_escaped') && course.summary) course.summary = course.summary.replace(/&/g, '&amp;').replace(/</g, '&lt;')
  if (wrong('amount_shortened') && course.price) course.price = { ...course.price, amount: course.price.amount.replace(/\.?0+$/, '') || '0' }
  if (wrong('tags_sorted')) course.tags = [...course.tags].sort()
  if (wrong('last_tag_lost')) course.tags = course.tags.slice(0, 5)
  if (wrong('tags_in_small_letters')) course.tags = course.tags.map(one => one.toLowerCase())
  if (wrong('metadata_in_small_letters')) course.metadata = Object.fromEntries(Object.entries(course.metadata).map(([name, value]) => [name.toLowerCase(), value]))
  if (wrong('starts_a_day_early') && course.starts_on) course.starts_on = new Date(Date.parse(course.starts_on) - 864e5).toISOString().slice(0, 10)
  return course
}

function searchCourses({ url, who }) {
  const wanted = asked(url, {
    ...SIZE, q: ['text', 1, 40], level: ['one', ['beginner', 'intermediate', 'advanced']], published: ['flag'], tag: ['text', 1, 16],
    order_by: ['one', ['title', '-title', 'seats', '-seats', 'created_at', '-created_at'], null, 'created_at'],
  })
  const tests = []
  if (wanted.q !== undefined && !wrong('q_ignored')) {
    const fold = value => wrong('q_minds_letters') ? value : value.toLowerCase()
    tests.push(one => wrong('q_at_the_beginning') ? fold(one.title).startsWith(fold(wanted.q)) : fold(one.title).includes(fold(wanted.q)))
  }
  if (wanted.level !== undefined && !wrong('level_ignored')) tests.push(one => one.level === wanted.level)
  if (wrong('published_false_ignored') ? wanted.published : wanted.published !== undefined) tests.push(one => one.published === wanted.published)
  if (wanted.tag !== undefined) tests.push(one => wrong('tag_first_alone') ? one.tags[0] === wanted.tag : one.tags.some(tag => wrong('tag_by_beginning') ? tag.startsWith(wanted.tag) : tag === wanted.tag))
  const all = courses.filter(one => (isTheirs(one, who) || wrong('courses_of_all_listed')) && (!one.deleted_at || wrong('removed_still_listed')))
  let found = all.filter(one => wrong('filters_joined_by_or') && tests.length ? tests.some(test => test(one)) : tests.every(test => test(one)))
  if (wrong('cursor_forgets_filter') && wanted.after !== undefined) found = all
  const by = wanted.order_by.replace('-', '')
  const descending = wanted.order_by.startsWith('-') && !wrong('descending_ignored')
  const key = one => wrong('order_ignored') || (wrong('cursor_forgets_order') && wanted.after !== undefined) ? 0
    : wrong('seats_ordered_as_text') && by === 'seats' ? String(one.seats) : by === 'created_at' ? one.serial : one[by]
  const { shown, info } = page(found, wanted, key, descending)
  const total = wrong('total_of_the_page') ? shown.length : wrong('total_without_filter') ? all.length
    : wrong('total_counts_removed') ? courses.filter(one => isTheirs(one, who)).length : found.length
  return { body: { edges: shown.map(courseShown), page_info: info, total_count: total } }
}

async function addCourse({ body, who }) {
  if (wrong('teacher_from_client') && typeof body?.teacher_id === 'string') who = body.teacher_id
  const sent = checked(body, COURSE, ['slug', 'title'])
  slugIsFree(sent.slug, who)
  if (wrong('slugs_race')) await moment()
  const at = now()
  const course = kept({
    id: code('crs_'), teacher_id: who, summary: null, level: 'beginner', price: null, seats: wrong('seats_without_default') ? 1 : 30, tags: [], starts_on: null,
    published: wrong('published_at_once'), metadata: {}, ...sent, created_at: at, updated_at: at, deleted_at: null, serial: ++serial,
  })
  courses.push(course)
  const location = wrong('location_without_base') ? `/courses/${course.id}` : wrong('location_by_slug') ? `${BASE}/courses/${course.slug}` : `${BASE}/courses/${course.id}`
  return { status: 201, body: courseShown(course), headers: { Location: location, ETag: tagOf(course) } }
}

function getCourse({ path, who, headers, method }) {
  const course = courseAt(path[0], who, { fault: 'course_of_others_read' })
  const tag = tagOf(course)
  const known = (headers['if-none-match'] || '').split(',').map(one => one.trim().replace(/^W\//, ''))
  if (known.includes(tag) && !wrong('none_match_ignored') || wrong('none_match_always_met') && headers['if-none-match'] || known.includes('*')) {
    return { status: 304, headers: { ETag: tag } }
  }
  if (method === 'HEAD' && wrong('head_of_another_tag')) return { headers: { ETag: '"head"' } }
  return { body: courseShown(course), headers: { ETag: tag } }
}

function headCourse(request) {
  if (wrong('head_finds_nothing')) throw missing('course')
  if (wrong('head_finds_anything')) return { headers: { ETag: '"any"' } }
  if (wrong('head_of_others')) {
    const course = courses.find(one => one.id === request.path[0] && !one.deleted_at)
    if (!course) throw missing('course')
    return { headers: { ETag: tagOf(course) } }
  }
  return getCourse(request)
}

async function editCourse({ path, body, who, headers }) {
  const course = courseAt(path[0], who, { fault: 'course_of_others_edited' })
  const wanted = headers['if-match']
  const isCurrent = () => wanted === undefined || wanted.trim() === '*' || wanted.split(',').map(one => one.trim()).includes(tagOf(course))
  if (!wrong('match_ignored') && !isCurrent()) throw new Refusal(412, 'changed', 'the course has changed since')
  if (wrong('matches_race')) await moment()
  const before = { ...course }
  if (!isObject(body)) throw new Refusal(422, 'invalid', 'the body is no object')
  const patch = { ...body }
  if (wrong('null_ignored')) for (const name of Object.keys(patch)) if (patch[name] === null) delete patch[name]
  let whole = merged(course, Object.fromEntries(Object.entries(patch).filter(([name]) => name in COURSE)))
  if (wrong('metadata_replaced') && isObject(patch.metadata)) whole.metadata = merged({}, patch.metadata)
  if (wrong('null_member_stays') && isObject(patch.metadata)) whole.metadata = { ...course.metadata, ...merged({}, patch.metadata) }
  if (wrong('tags_appended') && Array.isArray(patch.tags)) whole.tags = [...new Set([...course.tags, ...patch.tags])].slice(0, 6)
  if (wrong('edit_resets') && !('level' in patch)) whole.level = 'beginner'
  for (const name of ['summary', 'price', 'starts_on']) whole[name] ??= null
  if (wrong('null_title_is_old') && patch.title === null) whole.title = course.title
  let sent
  try {
    for (const name of ['slug', 'title', 'level', 'seats', 'tags', 'published']) if (patch[name] === null) whole[name] = null
    if (wrong('null_title_is_old') && patch.title === null) whole.title = course.title
    if (!('metadata' in whole)) whole.metadata = patch.metadata === null ? null : {}
    sent = checked(whole, COURSE, ['slug', 'title'])
  } catch (refusal) {
    if (wrong('failed_edit_changes') && refusal.kept) Object.assign(course, refusal.kept, { slug: course.slug })
    throw refusal
  }
  if (sent.slug !== course.slug) {
    if (!wrong('slug_changes') && !wrong('slug_change_ignored')) throw conflict('a slug stays')
    if (wrong('slug_change_ignored')) sent.slug = course.slug
    else slugIsFree(sent.slug, who)
  }
  if (sent.seats < enrolmentsOf(course).length && !wrong('seats_below_taken')) throw conflict('more seats are taken')
  if (wrong('edits_lost')) {
    await moment()
    sent = { ...Object.fromEntries(Object.keys(COURSE).map(name => [name, before[name]])), ...Object.fromEntries(Object.keys(patch).filter(name => name in sent).map(name => [name, sent[name]])) }
  } else if (wrong('matches_race')) {
    sent = Object.fromEntries(Object.keys(patch).filter(name => name in sent).map(name => [name, sent[name]]))
  }
  const oldTag = tagOf(course)
  Object.assign(course, sent, { updated_at: wrong('updated_at_stands') ? course.updated_at : now() })
  if (wrong('created_at_moves')) course.created_at = course.updated_at
  kept(course)
  return { body: courseShown(wrong('edit_answers_before') ? before : course), headers: { ETag: wrong('edit_tells_old_tag') ? oldTag : tagOf(course) } }
}

function removeCourse({ path, who }) {
  const course = courses.find(one => one.id === path[0])
  if (course?.deleted_at && wrong('removed_twice') && isTheirs(course, who)) return { status: 204 }
  courseAt(path[0], who, { fault: 'course_of_others_removed' })
  course.deleted_at = wrong('remove_does_nothing') ? null : now()
  if (wrong('remove_takes_next')) {
    const next = courses.find(one => one.serial > course.serial && isTheirs(one, who) && !one.deleted_at)
    if (next) next.deleted_at = now()
  }
  return { status: 204 }
}

function restoreCourse({ path, who }) {
  const course = courseAt(path[0], who, { fault: 'course_of_others_restored', deleted: true })
  slugIsFree(wrong('restored_unchecked') ? '' : course.slug, who)
  if (!wrong('restore_does_nothing')) course.deleted_at = null
  if (wrong('restore_loses_lessons')) lessonsOf(course).forEach(one => lessons.splice(lessons.indexOf(one), 1))
  return { body: { ...courseShown(course), deleted_at: null } }
}

// Lessons

function listLessons({ url, path, who }) {
  const { offset, limit } = asked(url, { offset: ['whole', 0, 10000, 0], limit: ['whole', wrong('limit_zero_taken') ? 0 : 1, 100, 25] })
  if (wrong('lessons_below_none') && !courses.some(one => one.id === path[0])) return { body: { data: [], meta: { total: 0, offset, limit } } }
  const course = courseAt(path[0], who, { fault: 'lessons_of_others_listed' })
  let all = wrong('lessons_of_all_courses') ? lessons.filter(one => isTheirs(courses.find(two => two.id === one.course_id), who)) : lessonsOf(course)
  if (wrong('lessons_by_title')) all = [...all].sort((one, other) => one.title.localeCompare(other.title))
  const from = wrong('offset_ignored') ? 0 : wrong('offset_of_pages') ? offset * limit : wrong('offset_one_more') && offset ? offset + 1 : offset
  const data = all.slice(from, from + (wrong('limit_ignored') ? 25 : limit)).map(({ serial, ...one }) => one)
  return { body: { data, meta: { total: wrong('total_of_lessons_shown') ? data.length : all.length, offset, limit } } }
}

function lessonKept(lesson) {
  if (wrong('body_lines_changed') && lesson.body) lesson.body = lesson.body.replace(/\r\n?/g, '\n')
  if (wrong('opens_without_offset') && lesson.opens_at) lesson.opens_at = lesson.opens_at.replace(/[+-]\d{2}:\d{2}$/, 'Z')
  if (wrong('opens_on_the_minute') && lesson.opens_at) lesson.opens_at = lesson.opens_at.replace(/:\d{2}(\.\d+)?([Zz]|[+-])/, ':00$2')
  return lesson
}

async function addLesson({ path, body, who }) {
  const course = courseAt(path[0], who, { fault: 'lesson_added_by_others' })
  const sent = checked(body, LESSON, ['title', 'minutes'])
  const last = wrong('positions_begin_anywhere') ? lessons.length : wrong('position_by_count') ? lessonsOf(course).length : Math.max(0, course.given ?? 0)
  if (wrong('positions_race')) await moment()
  const lesson = lessonKept({ id: randomUUID(), course_id: course.id, position: last + 1, kind: wrong('kind_is_text') ? 'text' : 'video', body: null, opens_at: null, ...sent, created_at: now(), serial: ++serial })
  Object.defineProperty(course, 'given', { value: last + 1, enumerable: false, writable: true })
  lessons.push(lesson)
  const { serial: _, ...shown } = lesson
  const location = wrong('location_below_course') ? `${BASE}/courses/${course.id}/lessons/${lesson.id}` : `${BASE}/lessons/${lesson.id}`
  return { status: 201, body: shown, headers: { Location: location } }
}

function lessonAt(id, who, fault) {
  const lesson = lessons.find(one => one.id === id.toLowerCase())
  const course = lesson && courses.find(one => one.id === lesson.course_id)
  if (!course || (course.deleted_at && !wrong('lessons_of_removed_read')) || (!isTheirs(course, who) && !wrong(fault))) throw missing('lesson')
  return lesson
}

function getLesson({ path, who }) {
  const { serial, ...shown } = lessonAt(path[0], who, 'lesson_of_others_read')
  if (wrong('lesson_read_is_another')) {
    const { serial, ...other } = lessons.filter(one => one.course_id === shown.course_id)[0]
    return { body: other }
  }
  return { body: shown }
}

function rewriteLesson({ path, body, who }) {
  const lesson = lessonAt(path[0], who, 'lesson_of_others_rewritten')
  let sent
  try {
    sent = checked(body, LESSON, ['title', 'minutes'])
  } catch (refusal) {
    if (wrong('failed_rewrite_clears')) Object.assign(lesson, { body: null, opens_at: null })
    throw refusal
  }
  Object.assign(lesson, wrong('rewritten_lesson_merges') ? {} : { kind: 'video', body: null, opens_at: null }, sent)
  lessonKept(lesson)
  if (wrong('rewrite_moves_lesson')) lesson.position = lessonsOf({ id: lesson.course_id }).length
  const { serial, ...shown } = lesson
  return { body: shown }
}

function removeLesson({ path, who }) {
  const lesson = lessonAt(path[0], who, 'lesson_of_others_removed')
  if (wrong('remove_lesson_takes_all')) lessonsOf({ id: lesson.course_id }).forEach(one => lessons.splice(lessons.indexOf(one), 1))
  else lessons.splice(lessons.indexOf(lesson), 1)
  return { status: 204 }
}

// Students

const studentShown = ({ serial, ...student }) => student

function studentAt(id, who, fault) {
  const student = /^[1-9]\d{0,15}$/.test(id) && students.find(one => one.id === +id)
  if (!student || (!isTheirs(student, who) && !(fault && wrong(fault)))) throw missing('student')
  return student
}

function addressIsFree(address, who, self) {
  if (wrong('email_unchecked')) return
  const fold = value => wrong('email_minds_letters') ? value : value.toLowerCase()
  const taken = students.some(one => one !== self && (isTheirs(one, who) || wrong('email_unique_for_all')) && fold(one.email) === fold(address))
  if (taken) throw conflict('another student has this address')
}

function listStudents({ url, who }) {
  const { page, per_page, email } = asked(url, { page: ['whole', wrong('page_zero_taken') ? 0 : 1, 10000, 1], per_page: ['whole', 1, wrong('per_page_unbounded') ? 1e6 : 60, 30], email: ['text', 0, 80] })
  const all = students.filter(one => isTheirs(one, who) || wrong('students_of_all_listed'))
  const found = email === undefined || wrong('email_filter_ignored') ? all : all.filter(one => one.email.toLowerCase() === email.toLowerCase())
  const from = (page - 1) * per_page
  let shown = found.slice(Math.max(from, 0), Math.max(from + per_page, 0))
  if (wrong('page_beyond_is_the_last') && !shown.length) shown = found.slice(-per_page)
  const headers = { 'X-Total': String(wrong('x_total_of_the_page') ? shown.length : wrong('x_total_of_everybody') ? students.length : found.length) }
  const next = new URL(url)
  next.searchParams.set('page', String(wrong('link_leads_back') ? page : page + 1))
  next.searchParams.set('per_page', String(per_page))
  if (wrong('link_forgets_size')) next.searchParams.delete('per_page')
  if (from + per_page < found.length && !(wrong('link_lost') && page > 1)) headers.Link = `<${next.pathname}${next.search}>; rel="next"`
  return { body: shown.map(studentShown), headers }
}

function studentKept(student) {
  if (wrong('born_a_day_early') && student.born_on) student.born_on = new Date(Date.parse(student.born_on) - 864e5).toISOString().slice(0, 10)
  if (wrong('phone_without_plus') && student.phone) student.phone = student.phone.slice(1)
  if (wrong('remarks_once')) student.remarks = [...new Set(student.remarks)]
  if (wrong('email_in_small_letters')) student.email = student.email.toLowerCase()
  return student
}

function addStudent({ body, who }) {
  const sent = checked(body, STUDENT, ['email', 'name'])
  addressIsFree(sent.email, who)
  const at = now()
  const student = studentKept({ id: ++lastStudent, teacher_id: who, phone: null, born_on: null, remarks: [], ...sent, created_at: at, updated_at: at, serial: ++serial })
  students.push(student)
  if (wrong('student_forgotten')) students.pop()
  return { status: 201, body: studentShown(student), headers: { Location: `${BASE}/students/${wrong('location_of_another') ? student.id - 1 : student.id}` } }
}

function getStudent({ path, who }) {
  return { body: studentShown(studentAt(path[0], who, 'student_of_others_read')) }
}

function rewriteStudent({ path, body, who }) {
  const student = studentAt(path[0], who, 'student_of_others_rewritten')
  const sent = checked(body, STUDENT, ['email', 'name'])
  if (!wrong('email_unchecked_by_rewrite')) addressIsFree(sent.email, who, student)
  const at = now()
  if (wrong('rewrite_appends_remarks')) sent.remarks = [...student.remarks, ...(sent.remarks ?? [])].slice(0, 20)
  Object.assign(student, wrong('rewritten_student_merges') ? {} : { phone: null, born_on: null, remarks: [] }, sent, { updated_at: at })
  if (wrong('rewrite_is_a_creation')) student.created_at = at
  return { body: studentShown(studentKept(student)) }
}

function removeStudent({ path, who }) {
  const student = studentAt(path[0], who, 'student_of_others_removed')
  if (enrolments.some(one => one.student_id === student.id)) {
    if (wrong('enrolled_student_removed_too')) for (let i = enrolments.length - 1; i >= 0; i--) if (enrolments[i].student_id === student.id) enrolments.splice(i, 1)
    if (!wrong('enrolled_student_removed') && !wrong('enrolled_student_removed_too')) throw conflict('the student is enrolled')
  }
  students.splice(students.indexOf(student), 1)
  return { status: 204 }
}

// Enrolments

const enrolmentShown = ({ serial, ...enrolment }) => enrolment
const isLive = one => !courses.find(two => two.id === one.course_id).deleted_at

function byStatus(found, status, fault) {
  return status === undefined || wrong(fault) ? found : found.filter(one => one.status === status)
}

function acceptable(accept = '*/*') {
  const kinds = ['application/json', 'text/csv']
  const weights = kinds.map(kind => {
    let [weight, rank] = [0, -1]
    for (const part of accept.split(',')) {
      const [range, ...parameters] = part.split(';').map(one => one.trim().toLowerCase())
      const exact = range === kind ? 2 : range === kind.split('/')[0] + '/*' ? 1 : range === '*/*' ? 0 : -1
      if (exact <= rank) continue
      const q = parameters.find(one => one.startsWith('q='))
      rank = exact
      weight = q && !wrong('quality_ignored') ? Number(q.slice(2)) || 0 : 1
    }
    return weight
  })
  if (Math.max(...weights) === 0) {
    if (wrong('unacceptable_is_csv')) return 'text/csv'
    throw new Refusal(406, 'not_acceptable', 'there is JSON and CSV')
  }
  return weights[1] > weights[0] || (wrong('csv_preferred') && weights[1] > 0) || (wrong('quality_turned_round') && weights[1] && weights[1] < weights[0]) ? 'text/csv' : 'application/json'
}

function listEnrolmentsOfCourse({ url, path, who, headers }) {
  const wanted = asked(url, { ...SIZE, status: ['one', STATUSES] })
  const course = courseAt(path[0], who, { fault: 'enrolments_of_others_listed' })
  const kind = acceptable(headers.accept)
  const all = wrong('enrolments_of_all_courses') ? enrolments.filter(one => isTheirs(courses.find(two => two.id === one.course_id), who)) : enrolmentsOf(course)
  const { shown, info } = page(byStatus(all, wanted.status, 'status_ignored'), wanted)
  if (kind === 'text/csv') {
    const lines = shown.map(one => [one.id, one.student_id, one.status].join(','))
    return { raw: ['id,student_id,status', ...lines].join('\r\n') + '\r\n', headers: { 'Content-Type': wrong('csv_said_to_be_json') ? 'application/json' : 'text/csv; charset=utf-8' } }
  }
  return { body: { edges: shown.map(enrolmentShown), page_info: info } }
}

function listEnrolmentsOfStudent({ url, path, who }) {
  const wanted = asked(url, { ...SIZE, status: ['one', STATUSES] })
  if (wrong('enrolments_of_no_student') && !students.some(one => String(one.id) === path[0])) return { body: { edges: [], page_info: { has_next_page: false, end_cursor: null } } }
  const student = studentAt(path[0], who, 'enrolments_of_student_of_others')
  const all = enrolments.filter(one => (one.student_id === student.id || wrong('enrolments_of_all_students')) && isLive(one) && isTheirs(courses.find(two => two.id === one.course_id), wrong('enrolments_of_student_of_others') ? student.teacher_id : who))
  const { shown, info } = page(byStatus(all, wanted.status, 'status_of_student_ignored'), wanted)
  return { body: { edges: shown.map(enrolmentShown), page_info: info } }
}

async function enrol({ path, body, who }) {
  const course = courseAt(path[0], who, { fault: 'enrolled_by_others' })
  if (wrong('refused_enrolment_counts')) count(course, 1)
  const sent = checked(body, NEW_ENROLMENT, ['student_id'])
  const student = students.find(one => one.id === sent.student_id)
  if (!wrong('student_unchecked') && (!student || (!isTheirs(student, who) && !wrong('student_of_others_enrolled')))) throw new Refusal(422, 'invalid', 'there is no such student')
  const twice = enrolments.some(one => one.student_id === sent.student_id && (one.course_id === course.id || wrong('enrolled_once_anywhere')))
  if (twice && !wrong('enrolled_twice')) throw conflict('the student is enrolled already')
  if (enrolmentsOf(course).length >= course.seats && !wrong('seats_unchecked')) throw conflict('all seats are taken')
  const before = course.counted ?? enrolmentsOf(course).length
  if (wrong('enrolments_race') || wrong('enrolled_count_lost') || wrong('seats_race')) await moment()
  if (wrong('seats_race') && enrolments.some(one => one.student_id === sent.student_id && one.course_id === course.id)) throw conflict('the student is enrolled already')
  const at = now()
  const enrolment = { id: code('enr_'), course_id: course.id, student_id: sent.student_id, status: wrong('begins_paused') ? 'paused' : 'active', grade: null, note: sent.note ?? null, created_at: at, updated_at: at, serial: ++serial }
  enrolments.push(enrolment)
  if (wrong('enrolled_count_lost')) course.counted = before + 1
  else if (!wrong('refused_enrolment_counts')) count(course, 1)
  const location = wrong('location_through_student') ? `${BASE}/students/${sent.student_id}` : `${BASE}/courses/${course.id}/enrolments/${enrolment.id}`
  return { status: 201, body: enrolmentShown(enrolment), headers: { Location: location } }
}

function enrolmentAt(courseId, id, who, does) {
  const course = courseAt(courseId, who, { fault: `enrolment_of_others_${does}` })
  const enrolment = enrolments.find(one => one.id === id)
  if (!enrolment || (enrolment.course_id !== course.id && !wrong(`enrolment_below_another_${does}`))) throw missing('enrolment')
  return enrolment
}

function getEnrolment({ path, who }) {
  return { body: enrolmentShown(enrolmentAt(path[0], path[1], who, 'read')) }
}

function getEnrolmentOfStudent({ path, who }) {
  const student = studentAt(path[0], who, 'enrolment_of_student_of_others')
  const enrolment = enrolments.find(one => one.id === path[1])
  if (!enrolment || !isLive(enrolment) || (enrolment.student_id !== student.id && !wrong('enrolment_of_another_student'))) throw missing('enrolment')
  return { body: enrolmentShown(enrolment) }
}

function editEnrolment({ path, body, who }) {
  const enrolment = enrolmentAt(path[0], path[1], who, 'edited')
  const sent = checked(body, ENROLMENT)
  if (sent.status !== undefined && sent.status !== enrolment.status) {
    const allowed = MOVES[enrolment.status].includes(sent.status) || (wrong('completed_is_opened_again') && enrolment.status === 'completed')
    const forbidden = wrong('paused_cannot_be_cancelled') && enrolment.status === 'paused' && sent.status === 'cancelled'
    if (!allowed || forbidden) throw conflict(`${enrolment.status} cannot become ${sent.status}`)
  }
  if (wrong('grade_in_whole_points') && sent.grade) sent.grade = Math.round(sent.grade)
  if (wrong('grade_zero_is_none') && sent.grade === 0) sent.grade = null
  if (wrong('note_null_ignored') && sent.note === null) delete sent.note
  if (wrong('edit_of_enrolment_wipes')) Object.assign(enrolment, { grade: null, note: null })
  if (wrong('edit_reaches_all')) enrolmentsOf({ id: enrolment.course_id }).forEach(one => Object.assign(one, sent.note === undefined ? {} : { note: sent.note }))
  Object.assign(enrolment, sent, { updated_at: now() })
  return { body: enrolmentShown(enrolment) }
}

function removeEnrolment({ path, who }) {
  const enrolment = enrolmentAt(path[0], path[1], who, 'removed')
  if (!wrong('enrolment_stays')) enrolments.splice(enrolments.indexOf(enrolment), 1)
  if (!wrong('enrolled_count_only_grows')) count(courses.find(one => one.id === enrolment.course_id), -1)
  return { status: 204 }
}

// HTTP

const JSON_TYPE = ['application/json'], PATCH_TYPE = ['application/merge-patch+json']
const ID = '([^/]+)'
const ROUTES = [
  ['/courses', { GET: [searchCourses], POST: [addCourse, JSON_TYPE, true] }],
  [`/courses/${ID}`, { GET: [getCourse], HEAD: [headCourse], PATCH: [editCourse, PATCH_TYPE], DELETE: [removeCourse] }],
  [`/courses/${ID}/restore`, { POST: [restoreCourse] }],
  [`/courses/${ID}/lessons`, { GET: [listLessons], POST: [addLesson, JSON_TYPE] }],
  [`/lessons/${ID}`, { GET: [getLesson], PUT: [rewriteLesson, JSON_TYPE], DELETE: [removeLesson] }],
  ['/students', { GET: [listStudents], POST: [addStudent, JSON_TYPE] }],
  [`/students/${ID}`, { GET: [getStudent], PUT: [rewriteStudent, JSON_TYPE], DELETE: [removeStudent] }],
  [`/courses/${ID}/enrolments`, { GET: [listEnrolmentsOfCourse], POST: [enrol, JSON_TYPE, true] }],
  [`/courses/${ID}/enrolments/${ID}`, { GET: [getEnrolment], PATCH: [editEnrolment, PATCH_TYPE], DELETE: [removeEnrolment] }],
  [`/students/${ID}/enrolments`, { GET: [listEnrolmentsOfStudent] }],
  [`/students/${ID}/enrolments/${ID}`, { GET: [getEnrolmentOfStudent] }],
].map(([path, methods]) => [new RegExp(`^${BASE}${path}$`), methods])

function caller(headers, url) {
  if (wrong('lessons_without_token') && url.pathname.endsWith('/lessons')) return 'tch_ada'
  const found = /^bearer +(\S+)$/i.exec(headers.authorization || '')
  const who = found && Object.entries(TOKENS).find(([token]) => wrong('token_by_beginning') ? found[1].startsWith(token.slice(0, 9)) && token.startsWith(found[1].slice(0, 9))
    : wrong('token_in_any_letters') ? token === found[1].toLowerCase() : token === found[1])
  if (!who) throw new Refusal(401, 'unauthorized', 'who are you?')
  return who[1]
}

async function bodyOf(request, types) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  if (!types) return undefined
  const type = (request.headers['content-type'] || '').split(';')[0].trim().toLowerCase()
  if (!types.includes(type) && !(wrong('any_type_taken'))) throw new Refusal(415, 'unsupported', `the body is ${type || 'of no type'}`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch {
    throw new Refusal(400, 'malformed', 'the body is no JSON')
  }
}

// The first answer to a key is the answer to all requests that have it.
async function once(operation, request) {
  const key = request.headers['idempotency-key']
  if (key === undefined || wrong('key_ignored')) return operation(request)
  if ([...key].length < 8 || [...key].length > 80) throw new Refusal(400, 'bad_key', 'a key has 8 to 80 characters')
  const place = [wrong('key_of_everybody') ? '' : request.who, wrong('key_of_all_paths') ? '' : request.url.pathname, key].join('\n')
  const body = JSON.stringify(request.body)
  const known = remembered.get(place)
  if (known) {
    if (known.body !== body && !wrong('key_takes_another_body')) throw new Refusal(422, 'key_reused', 'the key was sent with another body')
    return known.answer
  }
  if (wrong('keys_race')) await moment()
  const answer = Promise.resolve().then(() => operation(request))
  remembered.set(place, { body, answer })
  answer.catch(() => remembered.delete(place))
  return answer
}

async function answer(request) {
  const url = new URL(request.url, 'http://academy')
  const found = ROUTES.map(([pattern, methods]) => [pattern.exec(url.pathname), methods]).find(([match]) => match)
  if (!found) throw missing('path')
  const [match, methods] = found
  if (!(request.method in methods)) {
    throw Object.assign(new Refusal(405, 'method', `${request.method} is not known here`), { headers: { Allow: Object.keys(methods).join(', ') } })
  }
  const [operation, types, keyed] = methods[request.method]
  const who = caller(request.headers, url)
  let path
  try {
    path = match.slice(1).map(decodeURIComponent)
  } catch {
    throw missing('document')
  }
  const whole = { url, path, who, headers: request.headers, method: request.method, body: await bodyOf(request, types) }
  return keyed ? once(operation, whole) : operation(whole)
}

function failed(error) {
  if (!(error instanceof Refusal)) {
    console.error(error)
    error = new Refusal(500, 'internal', 'something went wrong')
  }
  const { status, code, message, details } = error
  const body = wrong('failures_as_text') ? undefined : { error: { status: wrong('failure_tells_400') ? 400 : status, code, message, ...(details ? { details } : {}) } }
  const headers = { ...(error.headers ?? {}), ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}) }
  return { status, body, headers, ...(body ? {} : { raw: message }) }
}

const server = createServer(async (request, response) => {
  let result
  try {
    result = await answer(request)
  } catch (error) {
    result = failed(error)
  }
  request.resume()
  const { status = 200, body, raw, headers = {} } = result
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  if (content !== undefined && !headers['Content-Type']) headers['Content-Type'] = raw === undefined ? 'application/json; charset=utf-8' : 'text/plain'
  if (content !== undefined && request.method !== 'HEAD') headers['Content-Length'] = Buffer.byteLength(content)
  response.writeHead(status, headers)
  response.end(request.method === 'HEAD' ? undefined : content)
})
server.keepAliveTimeout = 60000
server.listen(Number(process.argv[2] || 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}${BASE}`))
