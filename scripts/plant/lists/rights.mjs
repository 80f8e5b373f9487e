// Checks of whose a file is, what stands behind a name, and what a name may be, each taken away: docs/fuzzing.md. To be run by root:
// nobody else can give a file away.
const edit = (file, from, to) => ({ file, from, to });
const core = (file, from, to) => edit(`native/core/${file}`, from, to);
const open = 'O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK';
const followed = 'O_RDWR | O_CLOEXEC | O_NONBLOCK';

const owners = [
  {
    name: 'owner of a segment',
    ...core(
      'segment/segment_check.cc',
      'if (about.st_uid != ::geteuid()) return',
      'if (false) return',
    ),
    by: 'node test/impostors-segments.test.ts "a file of another user"',
  },
  {
    name: 'owner of memory',
    ...core(
      'memory/bare_memory.cc',
      'if (about.st_uid != owner) return {',
      'if (owner == ~uid_t{0}) return {',
    ),
    by: 'node test/impostors-memory.test.ts "a file of another user"',
  },
  {
    name: 'owner of a semaphore’s file',
    ...core(
      'sync/semaphore_file.cc',
      'if (about.st_uid != ::geteuid()) return',
      'if (false) return',
    ),
    by: 'node test/impostors-memory.test.ts "a file of another user"',
  },
  {
    name: 'owner of a doorbell that is rung',
    ...core('waiting/doorbell.cc', ' && about.st_uid == ::geteuid()) return fd;', ') return fd;'),
    by: 'native "a doorbell is rung*"',
  },
  {
    name: 'owner of a doorbell that is swept',
    ...core('segment/sweep.cc', ' ||\n      about.st_uid != ::geteuid())', ')'),
    by: 'native "a sweep takes this user*"',
  },
  {
    name: 'owner of a marker',
    ...core('memory/bare_memory.cc', ' || about.st_uid != owner) return false;', ') return false;'),
    by: 'native "a marker that another user made*"',
  },
];

const links = [
  {
    name: 'link in place of a segment (open)',
    ...core(
      'segment/segment.cc',
      `    Descriptor fd(::open(path.c_str(), ${open}));`,
      `    Descriptor fd(::open(path.c_str(), ${followed}));`,
    ),
    by: 'node test/impostors-segments.test.ts "a link to"',
  },
  {
    name: 'link in place of a segment (unlink)',
    ...core(
      'segment/segment.cc',
      `\n  Descriptor fd(::open(path.c_str(), ${open}));`,
      `\n  Descriptor fd(::open(path.c_str(), ${followed}));`,
    ),
    by: 'node test/impostors-segments.test.ts "a link to"',
  },
  {
    name: 'link in place of memory',
    ...core(
      'memory/bare_memory.cc',
      `    Descriptor fd(::open(path.c_str(), ${open}));`,
      `    Descriptor fd(::open(path.c_str(), ${followed}));`,
    ),
    by: 'node test/impostors-memory.test.ts "a link to"',
  },
  {
    name: 'link in place of a semaphore’s file',
    ...core('sync/semaphore_file.cc', 'O_NOFOLLOW | ', ''),
    by: 'node test/impostors-memory.test.ts "a link"',
  },
  {
    name: 'link in place of a doorbell',
    ...core(
      'waiting/doorbell.cc',
      'O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW',
      'O_WRONLY | O_NONBLOCK | O_CLOEXEC',
    ),
    by: 'native "a doorbell is rung*"',
  },
  {
    name: 'link that the command looks at',
    edits: [
      core('look/quiet_file.cc', 'if (!S_ISREG(about.stx_mode)) return {Code::kForeign};', ''),
      core(
        'system/open_quietly.h',
        'access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK',
        'access | O_CLOEXEC | O_NONBLOCK',
      ),
    ],
    by: 'node test/cli-hostile.test.ts "lists what is no object"',
  },
];

// Where a FIFO is found in place of memory or of a semaphore's file, its size of nothing would be refused as well.
const kinds = [
  {
    name: 'FIFO in place of a segment',
    ...core('segment/segment_check.cc', 'if (!S_ISREG(about.st_mode)) return', 'if (false) return'),
    by: 'node test/impostors-segments.test.ts "a FIFO"',
  },
];

const modes = [
  {
    name: 'mode of a segment',
    ...core(
      'segment/segment.cc',
      'if (::fchmod(fd.get(), plan.mode) != 0) return',
      'if (false) return',
    ),
    by: 'node test/rights-mode.test.ts',
  },
  {
    name: 'mode of a semaphore’s file',
    ...core(
      'sync/semaphore_file.cc',
      'if (::fchmod(fd, mode) != 0) return',
      'if (mode == 01) return',
    ),
    by: 'node test/rights-mode.test.ts',
  },
  {
    name: 'mode of memory',
    ...core('memory/bare_memory.cc', '::fchmod(fd.get(), plan.mode) != 0 || ', ''),
    by: 'node test/rights-mode.test.ts',
  },
  {
    name: 'mode of a marker',
    ...core('memory/bare_memory.cc', ' || (marker && ::fchmod(marker.get(), 0600) != 0))', ')'),
    by: 'node test/rights-mode.test.ts "umask 777"',
  },
  {
    name: 'mode of a doorbell',
    ...core('waiting/doorbell.cc', 'static_cast<void>(::chmod(unborn.c_str(), 0600));', ''),
    by: 'node test/rights-mode.test.ts "umask 777"',
  },
  {
    name: 'mode of a listener’s folder',
    ...edit(
      'lib/sockets/listener-directory.ts',
      'chmodSync(made, 0o700);',
      'if (made === "") chmodSync(made, 0o700);',
    ),
    by: 'node test/rights-mode.test.ts "umask 777"',
  },
];

const names = [
  {
    name: 'names, Node.js',
    ...edit('lib/options.ts', '(?!\\.\\.?$)[A-Za-z0-9._-]{1,200}', '[A-Za-z0-9._/-]{1,200}'),
    by: 'node test/rights-names.test.ts',
  },
  {
    name: 'names of folders, Node.js',
    ...edit('lib/options.ts', '(?!\\.\\.?$)', ''),
    by: 'node test/rights-names.test.ts',
  },
  {
    name: 'names, C',
    ...edit(
      'native/abi/opening.cc',
      'name.find_first_not_of(kNameCharacters) == std::string_view::npos',
      'true',
    ),
    by: 'native "C: a name that would leave*"',
  },
  {
    name: 'names of folders, C',
    ...edit('native/abi/opening.cc', ' && name != "." && name != ".." &&', ' &&'),
    by: 'native "C: a name that would leave*"',
  },
  {
    name: 'names of memory, C',
    ...edit(
      'native/abi/memory.cc',
      ' && name != "." && name != ".." && name.find(\'/\') == std::string_view::npos',
      '',
    ),
    by: 'native "C: a name that would leave*"',
  },
  {
    name: 'names, the command',
    ...edit('lib/cli/usage.ts', ': /^[A-Za-z0-9._-]{1,200}$/.test(name);', ': true;'),
    by: 'node test/cli-hostile.test.ts "refuses names"',
  },
];

export const faults = [...owners, ...links, ...kinds, ...modes, ...names];
