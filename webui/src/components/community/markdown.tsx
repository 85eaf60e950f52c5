/**
 * What people write, as Markdown. Raw HTML stays text; links leave the console in a new tab and tell the other side nothing;
 * pictures are only those uploaded to this relay, because any other address would learn who reads.
 */
import Markdown, { type Components } from 'react-markdown';

const COMPONENTS: Components = {
  a: ({ href, children }) => <a href={href} target="_blank" rel="noopener noreferrer nofollow">{children}</a>,
  img: ({ src, alt }) => (typeof src === 'string' && isUpload(src) ? <img src={src} alt={alt ?? ''} loading="lazy" /> : <span className="dimmed">[picture: {alt || 'from elsewhere'}]</span>),
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
};

function isUpload(src: string): boolean {
  return /^\/uploads\/[\w.-]+$/.test(src) || src.startsWith(`${location.origin}/uploads/`);
}

export function WrittenText({ text }: { text: string }) {
  return <div className="written"><Markdown components={COMPONENTS}>{text}</Markdown></div>;
}
