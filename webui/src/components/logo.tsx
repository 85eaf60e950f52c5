/** The mark: a line guided through an eye. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="logo">
      <rect width="32" height="32" rx="8" />
      <g fill="none" stroke="#fff" strokeLinecap="round" strokeWidth="2.6">
        <path d="M15.4 7.6a8.6 8.6 0 1 1-.1 16.8" />
        <path d="M4.5 25.5c4-.2 5.6-3 7.3-6.3 1.8-3.5 3.6-5.7 8.4-5.7" />
      </g>
    </svg>
  );
}
