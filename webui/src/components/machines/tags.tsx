/** A machine's tags; a click narrows the list to them. */
import { Link } from '@tanstack/react-router';
import { withTag } from '@/lib/filter';

export function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <span className="tags">
      {tags.map((tag) => (
        <Link key={tag} to="/machines" search={(now: { q?: string }) => ({ q: withTag(now.q ?? '', tag) })} className="tag" aria-label={`Only tag ${tag}`}>{tag}</Link>
      ))}
    </span>
  );
}
