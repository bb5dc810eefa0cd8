/**
 * The dictionary that the generated mail is written from.
 *
 * @module
 */

/** Everyday words: any of them is in most messages. */
export const COMMON_WORDS: readonly string[] =
  `the and for with that this from they have will about after again all also
  always another answer any around ask back because been before began best
  better between both bring build but call came can change check clear close
  come could day did different does done down draft each early end enough even
  every example far few file find first follow found four friend full gave get
  give glad good great group had half hand hard has hear help here high hold
  home hope hour house how idea into just keep kind know large last late learn
  leave left less let letter light like line list little live long look made
  make many may mean meet might mind minute more morning most move much must
  name near need never new next night note now number off often old once one
  only open order other our out over own page paper part pass people perhaps
  place plan point put question quick quite rather read ready reply report
  rest right room said same saw say second see send set she should show side
  since small some soon start state still stop story such sure table take talk
  tell ten than thank them then there these thing think three through time
  today together told took toward try turn two under until upon use very want
  was watch water way week well went were what when where which while who why
  with word work world would write year yes yesterday yet you your`
    .split(/\s+/);

/** Words of the office: one of them is in every subject. */
export const TOPIC_WORDS: readonly string[] =
  `agenda archive budget calendar certificate contract deployment estimate
  forecast holiday incident inventory invoice itinerary journal laboratory
  manuscript meeting migration newsletter office outage patch payment picnic
  printer proposal purchase quarterly receipt release reminder renovation
  research review roadmap schedule server shipment statement summary survey
  timetable training travel upgrade vacancy warehouse workshop`
    .split(/\s+/);

/** Names of people; those who write are taken from here. */
export const GIVEN_NAMES: readonly string[] =
  `Ada Bela Carla Dmitri Elif Farid Greta Hiro Ines Jonas Katya Liam Mona Nils
  Olga Pedro Quinn Rosa Sven Tara Umar Vera Wanda Xenia Yusuf Zoe`
    .split(/\s+/);

/** Family names, some of which need an encoded word. */
export const FAMILY_NAMES: readonly string[] =
  `Abbott Bergström Castillo Dubois Eriksen Fischer García Hoffmann Ivanova
  Jansen Kovács Lindqvist Müller Novák Okafor Petrov Rossi Sørensen Tanaka
  Ueda Varga Weiß Yılmaz Zhang`
    .split(/\s+/);

/** In the subject of one message in 997 and nowhere else. */
export const RARE_SUBJECT_WORD = "heliotrope";

/** In the text of one message in 499 and nowhere else. */
export const RARE_TEXT_WORD = "quincunx";

/** In the text of one message in 3 and nowhere else. */
export const FREQUENT_TEXT_WORD = "marmalade";
