/**
 * Carries the page's nonce onto every `<style>` made at run time.
 *
 * xterm.js creates style elements without one, and a strict policy would drop them. Imported first, before any other
 * module can make an element.
 */
const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');

/** The nonce of this page, empty when it is served without a policy (vite's development server). */
export const styleNonce: string = meta?.nonce ?? '';

if (styleNonce) {
  const create = Document.prototype.createElement;
  Document.prototype.createElement = function createElement(this: Document, name: string, options?: ElementCreationOptions) {
    const element = create.call(this, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = styleNonce;
    return element;
  } as typeof create;
}
