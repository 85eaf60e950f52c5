export function MachineAddPage() {
  return <h1>MachineAddPage</h1>;
}
