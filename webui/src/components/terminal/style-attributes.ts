/**
 * Lets xterm.js's DOM renderer colour its cells under our policy. It writes 24-bit and contrast-corrected colours by
 * `setAttribute('style', …)`, which a page without 'unsafe-inline' refuses; the same text through the object model is allowed.
 */

const setAttribute = Element.prototype.setAttribute;

Element.prototype.setAttribute = function setStyleByObject(this: Element, name: string, value: string): void {
  if (name === 'style' && this instanceof HTMLElement) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
