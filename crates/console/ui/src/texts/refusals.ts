// What the server says no with, in other languages than its own. Whatever is not here is shown as the server said it.

const GERMAN: Record<string, string> = {
  // voicecall: why a conversation will not do something now.
  'the conversation has ended': 'das Gespräch ist zu Ende',
  'this is not possible in the present state of the call': 'das geht im jetzigen Stand des Gesprächs nicht',
  'you are not a party of this call': 'Sie gehören nicht zu diesem Gespräch',
  'there is no such party in this call': 'diese Person gibt es in diesem Gespräch nicht',
  'this person is already in the call': 'diese Person ist schon im Gespräch',
  'there is no consult': 'es gibt keine Rückfrage',
  'a consult is already going on; complete or cancel it first': 'es läuft schon eine Rückfrage; übergeben oder beenden Sie sie zuerst',
  'the consult target has not answered yet': 'wen Sie fragen, hat noch nicht abgenommen',
  'the customer has left': 'der Kunde hat aufgelegt',
  'the call already has six participants': 'das Gespräch hat schon sechs Teilnehmer',
  'four supervisors are already on this call': 'vier Supervisoren sind schon in diesem Gespräch',
  'you are not coaching this call': 'Sie begleiten dieses Gespräch nicht',
  'there is no agent to coach in this call': 'in diesem Gespräch ist kein Agent, den man begleiten könnte',
  'the party is already on hold': 'wird schon gehalten',
  'the party is not on hold': 'wird nicht gehalten',
  'only the person who was muted may unmute': 'nur wer stumm geschaltet wurde, darf das aufheben',
  'a supervisor muted you: they open your microphone again, or leave': 'ein Supervisor hat Sie stumm geschaltet: er schaltet Ihr Mikrofon wieder ein, oder geht',
  'not available in an ephemeral internal call; nothing of it is kept': 'in einem privaten internen Gespräch nicht möglich; nichts davon wird aufbewahrt',
  'there is nobody waiting here': 'hier wartet niemand',
  'the offer is no longer valid': 'dieser Anruf gilt nicht mehr für Sie',
  'the call is not recorded': 'das Gespräch wird nicht aufgezeichnet',
  'nothing is due': 'nichts steht an',
  'nothing would change': 'es würde sich nichts ändern',
  // callcontrol: why a command is refused.
  'there is no such conversation': 'dieses Gespräch gibt es nicht mehr',
  'this person is in a call': 'diese Person ist in einem Gespräch',
  'this person is in a call and has been asked to call back': 'diese Person ist in einem Gespräch und wurde um Rückruf gebeten',
  'there is no such callback prompt': 'diese Rückrufbitte gibt es nicht',
  'this person does not take calls now (do not disturb)': 'diese Person nimmt jetzt keine Anrufe an (nicht stören)',
  'this person is offline, or no phone of theirs is registered': 'diese Person ist offline, oder keines ihrer Telefone ist angemeldet',
  'there is no such person, queue or number': 'diese Person, Warteschlange oder Nummer gibt es nicht',
  'no trunk can reach this number': 'keine Leitung erreicht diese Nummer',
  'every trunk carries as many calls as it may; try again when one has ended': 'alle Leitungen sind voll; versuchen Sie es wieder, wenn ein Gespräch zu Ende ist',
  'you are in a call already: end it first, or add whom you want to it': 'Sie sind schon in einem Gespräch: beenden Sie es zuerst, oder holen Sie die Person dazu',
  'you are in wrap-up after your last call: end it first (wrap-up with `done`)': 'Sie sind in der Nachbearbeitung Ihres letzten Gesprächs: beenden Sie sie zuerst',
  'none of your phones is registered': 'keines Ihrer Telefone ist angemeldet',
  'the organization\'s limit of calls is reached': 'die Organisation hat so viele Gespräche, wie sie darf',
  'the same idempotency key came with another body': 'derselbe Schlüssel kam mit anderem Inhalt',
  'the server has too much to do; try again in a moment': 'der Server hat zu viel zu tun; versuchen Sie es gleich noch einmal',
  'the server could not make this durable; nothing was done': 'der Server konnte das nicht sichern; es ist nichts geschehen',
  'wrap-up cannot be extended any more': 'die Nachbearbeitung lässt sich nicht weiter verlängern',
  'you are not in wrap-up': 'Sie sind nicht in der Nachbearbeitung',
  'there is no such presence status': 'diesen Status gibt es nicht',
  'there is no such voicemail': 'diese Nachricht gibt es nicht',
  'the caller withheld their number': 'der Anrufer hat seine Nummer unterdrückt',
  // api: why a button is grey.
  'your phone is not ringing for this call': 'Ihr Telefon klingelt nicht für dieses Gespräch',
  'there is nobody to remove': 'es ist niemand da, den man entfernen könnte',
  // Ours, where the server's sentence holds for everything.
  'everybody hears each other already': 'alle hören sich schon',
  'the customer hears music already while you ask': 'der Kunde hört schon Musik, während Sie fragen',
  'only while you are alone with the customer': 'nur solange Sie mit dem Kunden allein sind',
};
const PATTERNS: [RegExp, string][] = [
  [/^the permission (\S+) is missing$/, 'die Berechtigung $1 fehlt'],
  [/^this needs the permission (\S+), which none of your permission sets grants$/, 'das braucht die Berechtigung $1, die keiner Ihrer Rechtesätze gewährt'],
];

export function inLanguage(said: string, language: string): string {
  if (language !== 'de') return said;
  const found = GERMAN[said];
  if (found !== undefined) return found;
  const pattern = PATTERNS.find(([shape]) => shape.test(said));
  return pattern ? said.replace(...pattern) : said;
}
