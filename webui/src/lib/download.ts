/** Hands a file to the browser, as a link with a download attribute would. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file's address over by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
