/** Pieces of the languages that builtins read, between bars. The fuzz joins some of them, so that most texts are nearly right. */
const LANGUAGES = {
  any: 'a¦b¦A¦é¦😀¦ ¦\n¦0¦1¦"¦\\¦/¦.¦,¦%¦ß¦İ¦\u2028¦\0',
  regex: 'a¦b¦*¦+¦?¦(¦)¦[¦]¦^¦$¦|¦\\d¦\\b¦{2}¦{1,3}¦(?i)¦(?P<n>¦.¦\\pL¦é¦😀¦-¦$1¦${n}¦(?s)¦[[:alpha:]]¦<¦>',
  glob: '*¦**¦a¦b¦.¦/¦?¦[¦!¦-¦]¦{¦}¦,¦\\¦é¦c¦:',
  time: '2006¦01¦02¦15¦04¦05¦.000¦Z07:00¦MST¦Jan¦Monday¦T¦-¦:¦ ¦2024-02-29T23:59:60Z¦2024-05-06T07:08:09¦.5¦Z¦+02:00¦Europe/Berlin¦UTC¦America/New_York¦PM¦3¦_2¦1h¦1.5s¦ms¦µs¦m¦-¦9999999h¦RFC3339¦ANSIC',
  number: '0¦1¦9¦-¦+¦.¦e¦E¦_¦0x¦p¦inf¦NaN¦ ¦00¦12345678901234567890¦5',
  uri: 'http¦urn:¦://¦a¦@¦:¦80¦/¦?¦#¦%41¦%zz¦%¦[::1]¦.¦ ¦é¦&¦=¦+¦;¦..¦\\¦*',
  json: '{¦}¦[¦]¦"a"¦:¦,¦1¦1.0¦1e5¦null¦true¦ ¦"\\u00e9\\ud800"¦-0¦01¦\n¦"b"',
  yaml: 'a¦: ¦- ¦\n¦  ¦"x"¦1¦0x1F¦1_000¦~¦yes¦&a ¦*a¦|\n¦>\n¦ #¦!!str ¦{¦}¦[¦]¦,¦2001-01-01¦.inf¦<<: ¦\'¦\t¦0o7¦1e3¦b¦---\n¦? ',
  network:
    '10.0.0.0¦/8¦/33¦/24¦::1¦/64¦192.168.1.1¦fe80::¦.¦1¦:¦/128¦/32¦10.0.0.128¦/25¦::ffff:1.2.3.4¦0¦01¦%eth0¦2001:db8::',
  version: '1¦.¦0¦-¦alpha¦+¦v¦01¦2¦beta¦x',
  units: '1¦.¦5¦e¦3¦K¦Ki¦M¦m¦MB¦"¦ ¦G¦E¦-¦+¦0¦Pi¦B',
  code: 'YQ¦==¦=¦+¦/¦-¦_¦A¦\n¦ ¦é¦f¦0¦ff¦zz¦YWI¦YWJj',
  graphql:
    'query¦{¦}¦ a ¦(¦)¦:¦ String¦!¦ type Query ¦[¦]¦@skip¦ on ¦fragment f¦...¦"x"¦$v¦=¦ 1 ¦a: Int ¦enum E ¦|¦&¦input I ¦{ a }¦{ a: Int }¦#c\n¦"""d"""',
  printf: '%d¦%s¦%v¦%x¦%q¦%5¦.2¦f¦%¦-¦+¦#¦[1]¦*¦T¦t¦e¦g¦c¦U¦é¦%.3f¦%08.2f¦%X¦%o¦%b¦%t¦%6.3v¦%#v¦%+d',
  template:
    '{{¦}}¦.a¦range ¦if ¦end¦else¦"x"¦|¦printf ¦len ¦ ¦-¦$x¦:=¦.¦index ¦ 0¦{{.}}¦{{end}}¦{{range .a}}¦{{if .b}}¦{{/* c */}}¦eq ¦with ',
  token:
    'eyJhbGciOiJIUzI1NiJ9¦eyJhbGciOiJub25lIn0¦.¦eyJzdWIiOiIxIn0¦e30¦W10¦=¦a¦-_¦eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9¦c2ln',
  uuid: '6ba7b810-9dad-11d1-80b4-00c04fd430c8¦6ba7b810¦-9dad¦-11d1¦-80b4¦-00c04fd430c8¦{¦}¦urn:uuid:¦00000000-0000-0000-0000-000000000000¦017f22e2-79b0-7cc3-98c4-dc0c0c07398f¦1¦g',
  pointer: '/a¦/0¦-¦~0¦~1¦/¦a¦b¦0¦1¦add¦remove¦replace¦move¦copy¦test¦/-¦/b',
} as const;

/** The name of a language. */
export type Language = keyof typeof LANGUAGES;

/** The pieces of a language. */
export const fragmentsOf = (language: Language): readonly string[] => LANGUAGES[language].split('¦');

const BUILTINS: readonly (readonly [RegExp, Language])[] = [
  [/^(regex|re_match)/, 'regex'],
  [/^glob/, 'glob'],
  [/^time/, 'time'],
  [/^(to_number|cast)/, 'number'],
  [/^(uri|urlquery)/, 'uri'],
  [/^json\.(patch|remove|filter)/, 'pointer'],
  [/^json/, 'json'],
  [/^yaml/, 'yaml'],
  [/^net/, 'network'],
  [/^semver/, 'version'],
  [/^units/, 'units'],
  [/^(base64|hex)/, 'code'],
  [/^graphql/, 'graphql'],
  [/^sprintf/, 'printf'],
  [/render_template/, 'template'],
  [/^io\.jwt/, 'token'],
  [/^uuid/, 'uuid'],
];

/** The language of a builtin's texts. */
export const languageOf = (builtin: string): Language =>
  BUILTINS.find(([pattern]) => pattern.test(builtin))?.[1] ?? 'any';
