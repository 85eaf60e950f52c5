/** How a command ended: its exit code in the colour of success or failure, or that nobody knows. */
export function Exit({ code }: { code: number | null | undefined }) {
  if (code === null || code === undefined) return <span className="pill" title="The exit code is not known">?</span>;
  return <span className="pill" data-kind={code === 0 ? 'good' : 'bad'} title={code === 0 ? 'Succeeded' : `Failed with exit code ${code}`}>{code}</span>;
}
