/** The card in the middle that asks one thing at a time: signing in and what has to be done before anything else. */
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Logo } from '@/components/logo';

type Props = { title: string; foot?: string; wide?: boolean; children: ReactNode };

export function LoginFrame({ title, foot, wide = false, children }: Props) {
  useDocumentTitle(`${title} · Fairlead`);
  return (
    <main className="login" id="content">
      <div className={wide ? 'login-card login-card-wide' : 'login-card'}>
        <div className="login-brand"><Logo size={36} /><h1>{title}</h1></div>
        {children}
      </div>
      {foot === undefined ? null : <p className="login-foot">{foot}</p>}
    </main>
  );
}
