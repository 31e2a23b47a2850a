// Digits pressed faster than the server answers: they keep their order, and none is lost.

/** As many as the server takes at once. */
const AT_ONCE = 64;

/** What sends them at once, or together with others that wait for the answer to those before. */
export function inOrder(send: (conversation: string, digits: string) => Promise<boolean>) {
  const underWay = new Map<string, string>();
  return async (conversation: string, digits: string): Promise<void> => {
    const waiting = underWay.get(conversation);
    if (waiting !== undefined) {
      underWay.set(conversation, waiting + digits);
      return;
    }
    let rest = digits;
    while (rest !== '') {
      underWay.set(conversation, '');
      const sent = await send(conversation, rest.slice(0, AT_ONCE));
      // What is refused is said where the call is; the rest would be refused, too.
      rest = sent ? rest.slice(AT_ONCE) + (underWay.get(conversation) ?? '') : '';
    }
    underWay.delete(conversation);
  };
}
