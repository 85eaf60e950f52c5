export function TerminalsPage() {
  return <h1>Terminals</h1>;
}
